DROP INDEX "journal_policies";--> statement-breakpoint
CREATE INDEX "journal_events" ON "journal" USING gin ("events" jsonb_path_ops) WITH (fastupdate=false);--> statement-breakpoint
CREATE INDEX "journal_added" ON "journal" USING gin ("added" jsonb_path_ops) WITH (fastupdate=false);--> statement-breakpoint
CREATE INDEX "journal_removed" ON "journal" USING gin ("removed" jsonb_path_ops) WITH (fastupdate=false);--> statement-breakpoint
CREATE INDEX "journal_at" ON "journal" USING btree ("at");--> statement-breakpoint
CREATE INDEX "journal_status" ON "journal" USING btree ("status","id");--> statement-breakpoint
CREATE INDEX "journal_workflow" ON "journal" USING btree ("workflow_id","id");--> statement-breakpoint
CREATE INDEX "journal_commit" ON "journal" USING btree ("commit","id") WHERE "journal"."commit" is not null;--> statement-breakpoint
CREATE INDEX "journal_author" ON "journal" USING btree ("author","id") WHERE "journal"."author" is not null;--> statement-breakpoint
CREATE INDEX "journal_policies" ON "journal" USING gin ("policies") WITH (fastupdate=false);