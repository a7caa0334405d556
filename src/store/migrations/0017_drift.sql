CREATE TABLE "drift" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "drift_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"device" text NOT NULL,
	"port" text NOT NULL,
	"names" jsonb NOT NULL,
	"statements" jsonb NOT NULL,
	"action" text NOT NULL,
	"fingerprint" text,
	"first_seen" timestamp with time zone NOT NULL,
	"last_seen" timestamp with time zone NOT NULL,
	"cleared_at" timestamp with time zone
);
--> statement-breakpoint
CREATE TABLE "reconciles" (
	"device" text PRIMARY KEY NOT NULL,
	"mode" text NOT NULL,
	"tried_at" timestamp with time zone NOT NULL,
	"looked_at" timestamp with time zone,
	"ports" integer NOT NULL,
	"unreadable" integer NOT NULL,
	"in_drift" integer NOT NULL,
	"under_way" jsonb NOT NULL,
	"notes" jsonb NOT NULL,
	"error" jsonb,
	"failing_since" timestamp with time zone
);
--> statement-breakpoint
CREATE TABLE "vanished_servers" (
	"device" text NOT NULL,
	"server_id" integer NOT NULL,
	"mode" text NOT NULL,
	"since" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "vanished_servers_device_server_id_pk" PRIMARY KEY("device","server_id")
);
--> statement-breakpoint
ALTER TABLE "parked" ADD COLUMN "proposed" boolean DEFAULT false NOT NULL;--> statement-breakpoint
CREATE UNIQUE INDEX "drift_open" ON "drift" USING btree ("device","port") WHERE cleared_at IS NULL;--> statement-breakpoint
CREATE INDEX "drift_cleared" ON "drift" USING btree ("cleared_at");