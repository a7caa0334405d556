CREATE TABLE "source_states" (
	"device" text NOT NULL,
	"name" text NOT NULL,
	"accepted_at" timestamp with time zone,
	"refused_at" timestamp with time zone,
	"forbidden_at" timestamp with time zone,
	"clock_at" timestamp with time zone,
	"clock_ahead_ms" double precision,
	"clock_within_ms" double precision,
	CONSTRAINT "source_states_device_name_pk" PRIMARY KEY("device","name")
);
