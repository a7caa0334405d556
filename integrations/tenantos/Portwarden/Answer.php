<?php

declare(strict_types=1);

namespace App\Custom\EventListeners\Portwarden;

use DateTimeImmutable;
use DateTimeZone;

/** What came of one attempt to post an event. */
final class Answer
{
    /** What the API says of an event that it never will accept (docs/api.md). */
    private const REJECTIONS = ['invalid-event', 'invalid-request', 'payload-too-large', 'idempotency-key-reused'];

    public function __construct(
        public readonly Verdict $verdict,
        /** For people; for an accepted event the id of its workflow. */
        public readonly string $text,
        /** How long the server asked to be left alone, in milliseconds. */
        public readonly ?int $retryAfterMs = null,
    ) {
    }

    public static function nothing(string $why): self
    {
        return new self(Verdict::Unavailable, $why);
    }

    /**
     * Only what is written in the API's own form counts as its word: a proxy's 400, a login page's 200 or another
     * service's 422 neither accepts an event nor condemns it.
     */
    public static function of(int $status, string $body, string $retryAfter): self
    {
        $fields = json_decode($body, true, 16);
        $workflowId = is_array($fields) ? ($fields['workflowId'] ?? null) : null;
        if ($status === 202 && is_string($workflowId)) {
            return new self(Verdict::Accepted, $workflowId);
        }
        $error = is_array($fields) && is_array($fields['error'] ?? null) ? $fields['error'] : [];
        $code = is_string($error['code'] ?? null) ? $error['code'] : '';
        $said = is_string($error['message'] ?? null) ? ' ' . substr($error['message'], 0, 300) : '';
        $text = "the API answered $status" . ($code === '' ? '' : " $code:$said");
        if ($status < 500 && in_array($code, self::REJECTIONS, true)) {
            return new self(Verdict::Rejected, $text);
        }
        if ($status === 401) {
            return new self(Verdict::Misconfigured, "the API answered 401: it does not accept the value of " . Settings::TOKEN);
        }
        if ($status === 500 && $code === 'internal') {
            return new self(Verdict::Failed, $text);
        }
        if ($status >= 500 || in_array($status, [408, 425, 429], true)) {
            return new self(Verdict::Unavailable, $text, self::milliseconds($retryAfter));
        }
        return new self(Verdict::Misconfigured, "$text; this is no answer of portwarden to an event: is PORTWARDEN_API_URL right?");
    }

    /** RFC 9110, section 10.2.3: seconds, or a date in the one form that may be sent. */
    private static function milliseconds(string $retryAfter): ?int
    {
        if (preg_match('/^\d{1,9}$/D', $retryAfter) === 1) {
            return (int) $retryAfter * 1000;
        }
        $at = DateTimeImmutable::createFromFormat('D, d M Y H:i:s \G\M\T', $retryAfter, new DateTimeZone('UTC'));
        return $at === false ? null : max(0, $at->getTimestamp() - time()) * 1000;
    }
}
