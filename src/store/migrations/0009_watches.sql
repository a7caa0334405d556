CREATE TABLE "watched_guests" (
	"cluster" text NOT NULL,
	"vmid" integer NOT NULL,
	"seen" jsonb NOT NULL,
	CONSTRAINT "watched_guests_cluster_vmid_pk" PRIMARY KEY("cluster","vmid")
);
--> statement-breakpoint
CREATE TABLE "watches" (
	"cluster" text PRIMARY KEY NOT NULL,
	"version" integer NOT NULL,
	"looked_at" timestamp with time zone,
	"guests" integer NOT NULL,
	"read_up_to" integer NOT NULL,
	"changes" jsonb NOT NULL,
	"doubt" text,
	"error" jsonb
);
