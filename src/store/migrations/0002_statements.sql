UPDATE "journal" SET "added" = (
	SELECT jsonb_agg(
		jsonb_strip_nulls(jsonb_build_object(
			'key', concat(b->>'ip', ' ', b->>'mac', ' ', b->>'vlanName'),
			'text', concat_ws(' ', b->>'ip', nullif(b->>'mac', ''), nullif(b->>'vlanName', '')),
			'ip', b->>'ip',
			'mac', nullif(b->>'mac', '')
		)) ORDER BY n
	)
	FROM jsonb_array_elements("added") WITH ORDINALITY AS bindings(b, n)
) WHERE jsonb_array_length("added") > 0;
--> statement-breakpoint
UPDATE "journal" SET "removed" = (
	SELECT jsonb_agg(
		jsonb_strip_nulls(jsonb_build_object(
			'key', concat(b->>'ip', ' ', b->>'mac', ' ', b->>'vlanName'),
			'text', concat_ws(' ', b->>'ip', nullif(b->>'mac', ''), nullif(b->>'vlanName', '')),
			'ip', b->>'ip',
			'mac', nullif(b->>'mac', '')
		)) ORDER BY n
	)
	FROM jsonb_array_elements("removed") WITH ORDINALITY AS bindings(b, n)
) WHERE jsonb_array_length("removed") > 0;
--> statement-breakpoint
UPDATE "parked" SET "added" = (
	SELECT jsonb_agg(
		jsonb_strip_nulls(jsonb_build_object(
			'key', concat(b->>'ip', ' ', b->>'mac', ' ', b->>'vlanName'),
			'text', concat_ws(' ', b->>'ip', nullif(b->>'mac', ''), nullif(b->>'vlanName', '')),
			'ip', b->>'ip',
			'mac', nullif(b->>'mac', '')
		)) ORDER BY n
	)
	FROM jsonb_array_elements("added") WITH ORDINALITY AS bindings(b, n)
) WHERE jsonb_array_length("added") > 0;
--> statement-breakpoint
UPDATE "parked" SET "removed" = (
	SELECT jsonb_agg(
		jsonb_strip_nulls(jsonb_build_object(
			'key', concat(b->>'ip', ' ', b->>'mac', ' ', b->>'vlanName'),
			'text', concat_ws(' ', b->>'ip', nullif(b->>'mac', ''), nullif(b->>'vlanName', '')),
			'ip', b->>'ip',
			'mac', nullif(b->>'mac', '')
		)) ORDER BY n
	)
	FROM jsonb_array_elements("removed") WITH ORDINALITY AS bindings(b, n)
) WHERE jsonb_array_length("removed") > 0;
--> statement-breakpoint
UPDATE "commit_intents" SET "added" = (
	SELECT jsonb_agg(
		jsonb_strip_nulls(jsonb_build_object(
			'key', concat(b->>'ip', ' ', b->>'mac', ' ', b->>'vlanName'),
			'text', concat_ws(' ', b->>'ip', nullif(b->>'mac', ''), nullif(b->>'vlanName', '')),
			'ip', b->>'ip',
			'mac', nullif(b->>'mac', '')
		)) ORDER BY n
	)
	FROM jsonb_array_elements("added") WITH ORDINALITY AS bindings(b, n)
) WHERE jsonb_array_length("added") > 0;
--> statement-breakpoint
UPDATE "commit_intents" SET "removed" = (
	SELECT jsonb_agg(
		jsonb_strip_nulls(jsonb_build_object(
			'key', concat(b->>'ip', ' ', b->>'mac', ' ', b->>'vlanName'),
			'text', concat_ws(' ', b->>'ip', nullif(b->>'mac', ''), nullif(b->>'vlanName', '')),
			'ip', b->>'ip',
			'mac', nullif(b->>'mac', '')
		)) ORDER BY n
	)
	FROM jsonb_array_elements("removed") WITH ORDINALITY AS bindings(b, n)
) WHERE jsonb_array_length("removed") > 0;