CREATE TABLE "alarm_looks" (
	"id" integer PRIMARY KEY NOT NULL,
	"at" timestamp with time zone NOT NULL,
	"unread" jsonb NOT NULL
);
--> statement-breakpoint
CREATE TABLE "alarms" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "alarms_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"alarm" text NOT NULL,
	"severity" text NOT NULL,
	"device" text DEFAULT '' NOT NULL,
	"port" text DEFAULT '' NOT NULL,
	"name" text DEFAULT '' NOT NULL,
	"text" text NOT NULL,
	"since" timestamp with time zone NOT NULL,
	"raised_at" timestamp with time zone NOT NULL,
	"last_seen" timestamp with time zone NOT NULL,
	"cleared_at" timestamp with time zone,
	"acknowledged_at" timestamp with time zone,
	"acknowledged_by" text,
	"acknowledge_reason" text
);
--> statement-breakpoint
CREATE UNIQUE INDEX "alarms_open" ON "alarms" USING btree ("alarm","device","port","name") WHERE cleared_at IS NULL;--> statement-breakpoint
CREATE INDEX "alarms_cleared" ON "alarms" USING btree ("cleared_at");--> statement-breakpoint
CREATE INDEX "alarms_device" ON "alarms" USING btree ("device","id");--> statement-breakpoint
CREATE INDEX "alarms_alarm" ON "alarms" USING btree ("alarm","id");