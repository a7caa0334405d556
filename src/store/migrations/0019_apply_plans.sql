CREATE TABLE "apply_plan_ports" (
	"plan" text NOT NULL,
	"device" text NOT NULL,
	"port" text NOT NULL,
	"status" text NOT NULL,
	"digest" text NOT NULL,
	"summary" text NOT NULL,
	"added" jsonb NOT NULL,
	"removed" jsonb NOT NULL,
	"additions" integer NOT NULL,
	"removals" integer NOT NULL,
	"parked" text,
	"nodes" jsonb NOT NULL,
	"seconds" integer NOT NULL,
	"outcome" text,
	"code" text,
	"said" text,
	CONSTRAINT "apply_plan_ports_plan_device_port_pk" PRIMARY KEY("plan","device","port")
);
--> statement-breakpoint
CREATE TABLE "apply_plans" (
	"id" text PRIMARY KEY NOT NULL,
	"scope" text NOT NULL,
	"state" text NOT NULL,
	"author" text NOT NULL,
	"at" timestamp with time zone NOT NULL,
	"hash" text,
	"notes" jsonb NOT NULL,
	"workflow_id" text,
	"run_author" text,
	"run_reason" text,
	"started_at" timestamp with time zone,
	"ended_at" timestamp with time zone
);
--> statement-breakpoint
ALTER TABLE "apply_plan_ports" ADD CONSTRAINT "apply_plan_ports_plan_apply_plans_id_fk" FOREIGN KEY ("plan") REFERENCES "public"."apply_plans"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "apply_plans_scope" ON "apply_plans" USING btree ("scope","at");--> statement-breakpoint
CREATE UNIQUE INDEX "apply_plans_hash" ON "apply_plans" USING btree ("hash");--> statement-breakpoint
CREATE INDEX "apply_plans_workflow" ON "apply_plans" USING btree ("workflow_id");