CREATE TABLE "virtual_mac_events" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "virtual_mac_events_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"at" timestamp with time zone DEFAULT now() NOT NULL,
	"mac" text NOT NULL,
	"server_id" integer NOT NULL,
	"ip" text NOT NULL,
	"action" text NOT NULL,
	"detail" text NOT NULL,
	"workflow_id" text NOT NULL,
	"by" text,
	"events" jsonb
);
--> statement-breakpoint
CREATE TABLE "virtual_macs" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "virtual_macs_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"mac" text NOT NULL,
	"server_id" integer NOT NULL,
	"ip" text NOT NULL,
	"state" text NOT NULL,
	"places" jsonb NOT NULL,
	"reason" text,
	"allocated_at" timestamp with time zone DEFAULT now() NOT NULL,
	"activated_at" timestamp with time zone,
	"revoked_at" timestamp with time zone,
	"released_at" timestamp with time zone,
	CONSTRAINT "virtual_macs_form" CHECK (mac ~ '^02(:[0-9a-f]{2}){5}$')
);
--> statement-breakpoint
CREATE INDEX "virtual_mac_events_mac" ON "virtual_mac_events" USING btree ("mac","id");--> statement-breakpoint
CREATE INDEX "virtual_mac_events_server" ON "virtual_mac_events" USING btree ("server_id","id");--> statement-breakpoint
CREATE UNIQUE INDEX "virtual_macs_mac" ON "virtual_macs" USING btree ("mac");--> statement-breakpoint
CREATE UNIQUE INDEX "virtual_macs_holder" ON "virtual_macs" USING btree ("server_id","ip") WHERE state <> 'revoked';--> statement-breakpoint
CREATE INDEX "virtual_macs_places" ON "virtual_macs" USING gin ("places");