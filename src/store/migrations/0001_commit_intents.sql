CREATE TABLE "commit_intents" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "commit_intents_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"at" timestamp with time zone DEFAULT now() NOT NULL,
	"device" text NOT NULL,
	"log_token" text NOT NULL,
	"workflow_id" text NOT NULL,
	"confirmed" boolean NOT NULL,
	"previous_token" text,
	"port" text NOT NULL,
	"effective_port" text NOT NULL,
	"added" jsonb NOT NULL,
	"removed" jsonb NOT NULL,
	"commands" jsonb NOT NULL,
	"journal_id" bigint,
	"reported_by" text
);
--> statement-breakpoint
CREATE UNIQUE INDEX "commit_intents_commit" ON "commit_intents" USING btree ("device","log_token","port");