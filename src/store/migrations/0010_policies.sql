CREATE TABLE "policies" (
	"scope_key" text PRIMARY KEY NOT NULL,
	"device" text,
	"server_id" integer,
	"record" jsonb NOT NULL,
	"expires_at" timestamp with time zone,
	"announced_at" timestamp with time zone
);
--> statement-breakpoint
CREATE TABLE "policy_changes" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "policy_changes_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"at" timestamp with time zone NOT NULL,
	"scope_key" text NOT NULL,
	"scope" jsonb NOT NULL,
	"change" text NOT NULL,
	"before" jsonb,
	"after" jsonb,
	"author" text NOT NULL,
	"reason" text NOT NULL,
	"workflow_id" text NOT NULL
);
--> statement-breakpoint
ALTER TABLE "journal" ADD COLUMN "policies" jsonb;--> statement-breakpoint
CREATE INDEX "policies_device" ON "policies" USING btree ("device");--> statement-breakpoint
CREATE INDEX "policies_server" ON "policies" USING btree ("server_id");--> statement-breakpoint
CREATE INDEX "policies_expiry" ON "policies" USING btree ("expires_at");--> statement-breakpoint
CREATE INDEX "policy_changes_scope" ON "policy_changes" USING btree ("scope_key","id");--> statement-breakpoint
CREATE INDEX "journal_policies" ON "journal" USING gin ("policies");