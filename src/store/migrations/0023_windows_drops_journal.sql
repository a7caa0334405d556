CREATE TABLE "window_exceptions" (
	"device" text NOT NULL,
	"port" text NOT NULL,
	"reason" text NOT NULL,
	"author" text NOT NULL,
	"since" timestamp with time zone NOT NULL,
	"expires_at" timestamp with time zone NOT NULL,
	CONSTRAINT "window_exceptions_device_port_pk" PRIMARY KEY("device","port")
);
--> statement-breakpoint
CREATE TABLE "drop_readings" (
	"device" text PRIMARY KEY NOT NULL,
	"at" timestamp with time zone NOT NULL,
	"unavailable" text
);
--> statement-breakpoint
CREATE TABLE "drop_samples" (
	"device" text NOT NULL,
	"port" text NOT NULL,
	"counter" bigint NOT NULL,
	"baseline" bigint NOT NULL,
	"basis" text NOT NULL,
	"since" timestamp with time zone NOT NULL,
	"changed_at" timestamp with time zone,
	"commit" text,
	"sampled_at" timestamp with time zone NOT NULL,
	CONSTRAINT "drop_samples_device_port_pk" PRIMARY KEY("device","port")
);
--> statement-breakpoint
ALTER TABLE "journal" ALTER COLUMN "device" DROP NOT NULL;--> statement-breakpoint
ALTER TABLE "journal" ALTER COLUMN "port" DROP NOT NULL;