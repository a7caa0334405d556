CREATE TABLE "binding_settings" (
	"digest" text PRIMARY KEY NOT NULL,
	"settings" jsonb NOT NULL,
	"at" timestamp with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "brakes" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "brakes_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"since" timestamp with time zone NOT NULL,
	"reason" text NOT NULL,
	"released_at" timestamp with time zone,
	"released_by" text,
	"release_reason" text
);
--> statement-breakpoint
CREATE TABLE "losses" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "losses_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"at" timestamp with time zone NOT NULL,
	"device" text NOT NULL,
	"port" text NOT NULL,
	"ip" text NOT NULL
);
--> statement-breakpoint
CREATE TABLE "port_settings" (
	"device" text NOT NULL,
	"port" text NOT NULL,
	"digest" text NOT NULL,
	"at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "port_settings_device_port_pk" PRIMARY KEY("device","port")
);
--> statement-breakpoint
CREATE TABLE "standing" (
	"list" text NOT NULL,
	"device" text NOT NULL,
	"port" text NOT NULL,
	"subject" text NOT NULL,
	"server_id" integer,
	"rule" text NOT NULL,
	"message" text NOT NULL,
	"since" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "standing_list_device_port_subject_pk" PRIMARY KEY("list","device","port","subject")
);
--> statement-breakpoint
ALTER TABLE "parked" ADD COLUMN "guards" jsonb DEFAULT '[]'::jsonb NOT NULL;--> statement-breakpoint
CREATE INDEX "losses_time" ON "losses" USING btree ("at");--> statement-breakpoint
CREATE INDEX "losses_device" ON "losses" USING btree ("device","at");--> statement-breakpoint
CREATE INDEX "standing_age" ON "standing" USING btree ("list","since");--> statement-breakpoint
CREATE INDEX "journal_time" ON "journal" USING btree ("device","at");