CREATE TABLE "holds" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "holds_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"device" text NOT NULL,
	"port" text NOT NULL,
	"asked_as" jsonb NOT NULL,
	"statements" jsonb NOT NULL,
	"removes" jsonb NOT NULL,
	"brought" jsonb NOT NULL,
	"backup" text NOT NULL,
	"backup_at" timestamp with time zone NOT NULL,
	"workflow_id" text NOT NULL,
	"reason" text NOT NULL,
	"author" text NOT NULL,
	"created_at" timestamp with time zone NOT NULL,
	"expires_at" timestamp with time zone NOT NULL,
	"over_at" timestamp with time zone,
	"released_at" timestamp with time zone,
	"released_by" text,
	"release_reason" text
);
--> statement-breakpoint
CREATE UNIQUE INDEX "holds_port" ON "holds" USING btree ("device","port");--> statement-breakpoint
CREATE INDEX "holds_expiry" ON "holds" USING btree ("expires_at");