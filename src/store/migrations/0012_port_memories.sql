CREATE TABLE "port_memories" (
	"device" text NOT NULL,
	"port" text NOT NULL,
	"memory" jsonb NOT NULL,
	"at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "port_memories_device_port_pk" PRIMARY KEY("device","port")
);
