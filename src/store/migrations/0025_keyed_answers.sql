CREATE TABLE "keyed_answers" (
	"id" text PRIMARY KEY NOT NULL,
	"digest" text NOT NULL,
	"at" timestamp with time zone NOT NULL,
	"status" integer,
	"body" jsonb
);
--> statement-breakpoint
CREATE INDEX "keyed_answers_at" ON "keyed_answers" USING btree ("at");