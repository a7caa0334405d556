CREATE TABLE "keeps" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "keeps_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"device" text NOT NULL,
	"port" text NOT NULL,
	"statement_key" text NOT NULL,
	"statement" jsonb NOT NULL,
	"reason" text NOT NULL,
	"author" text NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"expires_at" timestamp with time zone
);
--> statement-breakpoint
ALTER TABLE "journal" ADD COLUMN "author" text;--> statement-breakpoint
ALTER TABLE "journal" ADD COLUMN "reason" text;--> statement-breakpoint
CREATE UNIQUE INDEX "keeps_statement" ON "keeps" USING btree ("device","port","statement_key");--> statement-breakpoint
CREATE INDEX "keeps_expiry" ON "keeps" USING btree ("expires_at");