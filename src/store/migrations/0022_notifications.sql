CREATE TABLE "notification_deliveries" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "notification_deliveries_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"notification" bigint NOT NULL,
	"endpoint" text NOT NULL,
	"is_test" boolean DEFAULT false NOT NULL,
	"state" text DEFAULT 'queued' NOT NULL,
	"round" integer DEFAULT 0 NOT NULL,
	"queued_at" timestamp with time zone DEFAULT now() NOT NULL,
	"begun_at" timestamp with time zone,
	"attempts" integer DEFAULT 0 NOT NULL,
	"scheduled" integer DEFAULT 0 NOT NULL,
	"woken" boolean DEFAULT false NOT NULL,
	"last_attempt_at" timestamp with time zone,
	"next_attempt_at" timestamp with time zone,
	"last_status" integer,
	"last_error" text,
	"ended_at" timestamp with time zone
);
--> statement-breakpoint
CREATE TABLE "notification_endpoints" (
	"id" text PRIMARY KEY NOT NULL,
	"origin" text NOT NULL,
	"format" text NOT NULL,
	"types" jsonb NOT NULL,
	"devices" jsonb,
	"configured" boolean NOT NULL,
	"disabled_at" timestamp with time zone,
	"failing_since" timestamp with time zone,
	"recovered_at" timestamp with time zone,
	"last_error" text,
	"last_attempt_at" timestamp with time zone,
	"last_success_at" timestamp with time zone
);
--> statement-breakpoint
CREATE TABLE "notifications" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "notifications_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"message_id" text NOT NULL,
	"type" text NOT NULL,
	"at" timestamp with time zone NOT NULL,
	"device" text,
	"port" text,
	"text" text NOT NULL,
	"data" jsonb NOT NULL,
	"not_to" text,
	"only_to" text,
	"spread" boolean DEFAULT false NOT NULL
);
--> statement-breakpoint
ALTER TABLE "notification_deliveries" ADD CONSTRAINT "notification_deliveries_notification_notifications_id_fk" FOREIGN KEY ("notification") REFERENCES "public"."notifications"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
CREATE UNIQUE INDEX "notification_deliveries_endpoint" ON "notification_deliveries" USING btree ("notification","endpoint");--> statement-breakpoint
CREATE INDEX "notification_deliveries_turn" ON "notification_deliveries" USING btree ("endpoint","state","id");--> statement-breakpoint
CREATE INDEX "notification_deliveries_state" ON "notification_deliveries" USING btree ("state","id");--> statement-breakpoint
CREATE INDEX "notification_deliveries_tests" ON "notification_deliveries" USING btree ("id") WHERE is_test AND state = 'queued';--> statement-breakpoint
CREATE INDEX "notification_deliveries_ended" ON "notification_deliveries" USING btree ("ended_at");--> statement-breakpoint
CREATE INDEX "notifications_new" ON "notifications" USING btree ("id") WHERE not spread;