<?php

declare(strict_types=1);

namespace App\Custom\EventListeners\Portwarden;

use CurlHandle;

/** Posts events to the API. */
final class Webhook
{
    private const NOTE = 'address.json';
    private const LONGEST_ANSWER = 65_536;
    /** With less time it is not even tried, in milliseconds. */
    public const LEAST_MS = 50;

    private ?CurlHandle $curl = null;

    /**
     * @param bool $mayResolve whether a host name may be looked up. A resolver that does not answer holds PHP for longer
     *   than any time limit that can be set, so a request of the panel uses the address that drain.php reached last.
     */
    public function __construct(
        private readonly Settings $settings,
        private readonly Spool $spool,
        private readonly bool $mayResolve,
    ) {
    }

    /** Why nothing can be posted from here; empty when it can. */
    public function obstacle(): string
    {
        if (!function_exists('curl_init')) {
            return 'the PHP extension curl is missing';
        }
        return $this->settings->problem;
    }

    /** Whether only drain.php can post now, because the host's address is not known yet. */
    public function needsResolver(): bool
    {
        return !$this->mayResolve && !$this->settings->hostIsAddress() && $this->knownAddress() === '';
    }

    /** @param int $withinMs the longest that it may take as a whole */
    public function post(Event $event, int $withinMs): Answer
    {
        if ($withinMs < self::LEAST_MS) {
            return Answer::nothing('there was no time left');
        }
        $body = '';
        $retryAfter = '';
        $this->curl ??= curl_init();
        curl_setopt_array($this->curl, [
            CURLOPT_URL => $this->settings->url,
            CURLOPT_POST => true,
            CURLOPT_POSTFIELDS => $event->toBody(),
            CURLOPT_HTTPHEADER => [
                'Content-Type: application/json',
                'Accept: application/json',
                "Authorization: Bearer {$this->settings->token}",
                "Idempotency-Key: $event->key",
                'Expect:',
            ],
            CURLOPT_USERAGENT => 'portwarden-listener',
            CURLOPT_TIMEOUT_MS => $withinMs,
            CURLOPT_CONNECTTIMEOUT_MS => min($this->settings->connectMs, $withinMs),
            CURLOPT_NOSIGNAL => true,
            CURLOPT_FOLLOWLOCATION => false,
            // The token goes to the API and to no proxy that the environment happens to name.
            CURLOPT_PROXY => '',
            CURLOPT_WRITEFUNCTION => static function (CurlHandle $curl, string $part) use (&$body): int {
                $body .= $part;
                return strlen($body) > self::LONGEST_ANSWER ? 0 : strlen($part);
            },
            CURLOPT_HEADERFUNCTION => static function (CurlHandle $curl, string $line) use (&$retryAfter): int {
                if (stripos($line, 'retry-after:') === 0) {
                    $retryAfter = trim(substr($line, 12));
                }
                return strlen($line);
            },
        ]);
        if ($this->settings->caFile !== '') {
            curl_setopt($this->curl, CURLOPT_CAINFO, $this->settings->caFile);
        }
        $this->useKnownAddress();
        curl_exec($this->curl);
        $failure = curl_errno($this->curl);
        if ($failure !== 0) {
            return self::failed($failure);
        }
        $answer = Answer::of((int) curl_getinfo($this->curl, CURLINFO_RESPONSE_CODE), $body, $retryAfter);
        if ($answer->verdict === Verdict::Accepted) {
            $this->rememberAddress((string) curl_getinfo($this->curl, CURLINFO_PRIMARY_IP));
        }
        return $answer;
    }

    private static function failed(int $failure): Answer
    {
        return match ($failure) {
            CURLE_SSL_PEER_CERTIFICATE, CURLE_SSL_CACERT_BADFILE => new Answer(
                Verdict::Misconfigured,
                'the certificate of the API is not trusted: ' . curl_strerror($failure),
            ),
            CURLE_WRITE_ERROR => new Answer(Verdict::Misconfigured, 'what answers is not portwarden: is PORTWARDEN_API_URL right?'),
            default => Answer::nothing('the API does not answer: ' . curl_strerror($failure)),
        };
    }

    private function useKnownAddress(): void
    {
        if ($this->mayResolve || $this->settings->hostIsAddress()) {
            return;
        }
        $address = $this->knownAddress();
        $literal = str_contains($address, ':') ? "[$address]" : $address;
        curl_setopt($this->curl, CURLOPT_RESOLVE, ["{$this->settings->host}:{$this->settings->port}:$literal"]);
    }

    private function knownAddress(): string
    {
        $known = $this->spool->readNote(self::NOTE);
        return ($known['host'] ?? null) === $this->settings->host && is_string($known['address'] ?? null) ? $known['address'] : '';
    }

    private function rememberAddress(string $address): void
    {
        if ($this->mayResolve && !$this->settings->hostIsAddress() && $address !== '' && $address !== $this->knownAddress()) {
            $this->spool->writeNote(self::NOTE, ['host' => $this->settings->host, 'address' => $address]);
        }
    }
}
