ALTER TABLE "placements" ADD COLUMN "addresses" text[] DEFAULT '{}' NOT NULL;--> statement-breakpoint
UPDATE "placements" SET "addresses" = ARRAY(
	SELECT jsonb_array_elements_text("ips")
	UNION SELECT jsonb_path_query("ports", '$[*].bound[*]') #>> '{}'
	ORDER BY 1
);--> statement-breakpoint
CREATE INDEX "placements_addresses" ON "placements" USING gin ("addresses");
