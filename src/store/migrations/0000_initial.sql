CREATE TABLE "backups" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "backups_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"at" timestamp with time zone DEFAULT now() NOT NULL,
	"device" text NOT NULL,
	"reason" text NOT NULL,
	"configuration" text NOT NULL
);
--> statement-breakpoint
CREATE TABLE "fences" (
	"device" text PRIMARY KEY NOT NULL,
	"attempt" text NOT NULL,
	"at" timestamp with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "host_keys" (
	"device" text NOT NULL,
	"fingerprint" text NOT NULL,
	"first_seen" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "host_keys_device_fingerprint_pk" PRIMARY KEY("device","fingerprint")
);
--> statement-breakpoint
CREATE TABLE "journal" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "journal_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"at" timestamp with time zone DEFAULT now() NOT NULL,
	"device" text NOT NULL,
	"port" text NOT NULL,
	"workflow_id" text NOT NULL,
	"status" text NOT NULL,
	"summary" text NOT NULL,
	"added" jsonb NOT NULL,
	"removed" jsonb NOT NULL,
	"commands" jsonb NOT NULL,
	"commit" text,
	"diff" text
);
--> statement-breakpoint
CREATE TABLE "parked" (
	"device" text NOT NULL,
	"port" text NOT NULL,
	"fingerprint" text NOT NULL,
	"reason" text NOT NULL,
	"added" jsonb NOT NULL,
	"removed" jsonb NOT NULL,
	"at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "parked_device_port_pk" PRIMARY KEY("device","port")
);
--> statement-breakpoint
CREATE TABLE "placements" (
	"server_id" integer PRIMARY KEY NOT NULL,
	"kind" text NOT NULL,
	"ports" jsonb NOT NULL,
	"guest" jsonb,
	"cluster" text,
	"ips" jsonb NOT NULL,
	"updated_at" timestamp with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE INDEX "backups_device" ON "backups" USING btree ("device","id");--> statement-breakpoint
CREATE INDEX "journal_port" ON "journal" USING btree ("device","port","id");--> statement-breakpoint
CREATE INDEX "journal_device" ON "journal" USING btree ("device","id");--> statement-breakpoint
CREATE INDEX "placements_ports" ON "placements" USING gin ("ports");--> statement-breakpoint
CREATE INDEX "placements_cluster" ON "placements" USING btree ("cluster");