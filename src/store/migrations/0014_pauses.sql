CREATE TABLE "pauses" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "pauses_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"scope" text NOT NULL,
	"devices" jsonb,
	"reason" text NOT NULL,
	"author" text NOT NULL,
	"since" timestamp with time zone NOT NULL,
	"expires_at" timestamp with time zone,
	"ended_at" timestamp with time zone,
	"ended_by" text,
	"end_reason" text
);
--> statement-breakpoint
CREATE UNIQUE INDEX "pauses_scope" ON "pauses" USING btree ("scope") WHERE ended_at IS NULL;--> statement-breakpoint
CREATE INDEX "pauses_ended" ON "pauses" USING btree ("ended_at");