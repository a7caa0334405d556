CREATE TABLE "backup_contents" (
	"device" text NOT NULL,
	"digest" text NOT NULL,
	"encoding" text NOT NULL,
	"content" "bytea" NOT NULL,
	"size" integer NOT NULL,
	CONSTRAINT "backup_contents_device_digest_pk" PRIMARY KEY("device","digest")
);
--> statement-breakpoint
ALTER TABLE "backups" ADD COLUMN "digest" text;--> statement-breakpoint
UPDATE "backups" SET "digest" = encode(sha256(convert_to("configuration", 'UTF8')), 'hex');--> statement-breakpoint
INSERT INTO "backup_contents" ("device", "digest", "encoding", "content", "size")
	SELECT DISTINCT ON ("device", "digest") "device", "digest", 'plain', convert_to("configuration", 'UTF8'), octet_length(convert_to("configuration", 'UTF8'))
	FROM "backups" ORDER BY "device", "digest";--> statement-breakpoint
ALTER TABLE "backups" ALTER COLUMN "digest" SET NOT NULL;--> statement-breakpoint
ALTER TABLE "backups" ADD CONSTRAINT "backups_content" FOREIGN KEY ("device","digest") REFERENCES "public"."backup_contents"("device","digest") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "backups" DROP COLUMN "configuration";
