ALTER TABLE "notification_deliveries" ADD COLUMN "told_with" bigint;--> statement-breakpoint
CREATE INDEX "notification_deliveries_told_with" ON "notification_deliveries" USING btree ("told_with") WHERE told_with IS NOT NULL;--> statement-breakpoint
CREATE INDEX "notification_deliveries_groups" ON "notification_deliveries" USING btree ("endpoint","begun_at") WHERE told_with IS NOT NULL;