CREATE TABLE "backup_runs" (
	"device" text PRIMARY KEY NOT NULL,
	"succeeded_at" timestamp with time zone,
	"failing_since" timestamp with time zone,
	"tried_at" timestamp with time zone,
	"code" text,
	"message" text
);
--> statement-breakpoint
ALTER TABLE "backup_contents" ADD COLUMN "bindings" jsonb;