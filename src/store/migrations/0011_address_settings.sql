CREATE TABLE "address_settings" (
	"device" text NOT NULL,
	"port" text NOT NULL,
	"ip" text NOT NULL,
	"digest" text NOT NULL,
	"at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "address_settings_device_port_ip_pk" PRIMARY KEY("device","port","ip")
);
