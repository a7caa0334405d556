<?php

declare(strict_types=1);

namespace App\Custom\EventListeners\Portwarden;

/**
 * The listener's settings: variables of the environment, else lines `NAME=value` of one file. PHP-FPM empties the
 * environment of its workers (`clear_env`) and a panel with a cached configuration reads no `.env`, so most sites need the file.
 */
final class Settings
{
    public const TOKEN = 'PORT_SECURITY_EVENT_API_BEARER_TOKEN';
    private const FILE = 'PORTWARDEN_LISTENER_ENV';
    private const NUMBERS = [
        'PORTWARDEN_LISTENER_LIMIT_MS' => [1_500, 0, 60_000],
        'PORTWARDEN_LISTENER_CONNECT_MS' => [500, 1, 60_000],
        'PORTWARDEN_LISTENER_POST_MS' => [12_000, 1, 120_000],
        'PORTWARDEN_LISTENER_MAX_EVENTS' => [10_000, 1, 1_000_000],
        'PORTWARDEN_LISTENER_FIRST_PAUSE_MS' => [1_000, 1, 3_600_000],
        'PORTWARDEN_LISTENER_LONGEST_PAUSE_MS' => [30_000, 1, 3_600_000],
    ];

    /** What is wrong with the settings, for people; nothing is sent then. Empty when they are right. */
    public readonly string $problem;
    public readonly string $token;
    /** Where events are posted to; empty when the setting is wrong. */
    public readonly string $url;
    public readonly string $host;
    public readonly int $port;
    public readonly string $spool;
    public readonly string $caFile;
    /** The longest that one request of the panel is held up, in milliseconds. */
    public readonly int $limitMs;
    public readonly int $connectMs;
    /** The longest that drain.php waits for one answer. The API itself waits 8 seconds for Temporal. */
    public readonly int $postMs;
    public readonly int $maxEvents;
    /** After the first failure; it doubles with each further one up to the longest. */
    public readonly int $firstPauseMs;
    public readonly int $longestPauseMs;

    private function __construct(callable $read)
    {
        $problems = [];
        $token = $read(self::TOKEN) ?? '';
        if (preg_match('/^[\x21-\x7e]+$/D', $token) !== 1) {
            $problems[] = self::TOKEN . ($token === '' ? ' is not set' : ' must be printable ASCII without spaces');
            $token = '';
        }
        $this->token = $token;
        $address = $read('PORTWARDEN_API_URL') ?? 'http://127.0.0.1:8080';
        $parts = parse_url($address);
        $scheme = strtolower((string) ($parts['scheme'] ?? ''));
        $other = array_intersect_key($parts === false ? [] : $parts, ['user' => 0, 'pass' => 0, 'query' => 0, 'fragment' => 0]);
        $good = in_array($scheme, ['http', 'https'], true) && ($parts['host'] ?? '') !== '' && $other === []
            && preg_match('/^[\x21-\x7e]+$/D', $address) === 1;
        if (!$good) {
            $problems[] = 'PORTWARDEN_API_URL must be like https://portwarden.example:8443, without user, query and fragment';
        }
        $this->url = $good ? rtrim($address, '/') . '/api/port-security/event' : '';
        $this->host = $good ? trim((string) $parts['host'], '[]') : '';
        $this->port = $good ? (int) ($parts['port'] ?? ($scheme === 'https' ? 443 : 80)) : 0;
        $this->spool = rtrim($read('PORTWARDEN_LISTENER_SPOOL') ?? '/var/spool/portwarden', '/');
        $this->caFile = $read('PORTWARDEN_LISTENER_CA_FILE') ?? '';
        if ($this->caFile !== '' && !@is_readable($this->caFile)) {
            $problems[] = 'PORTWARDEN_LISTENER_CA_FILE cannot be read';
        }
        $numbers = [];
        foreach (self::NUMBERS as $name => [$default, $least, $most]) {
            $text = $read($name);
            $number = $text === null ? $default : filter_var($text, FILTER_VALIDATE_INT, ['options' => ['min_range' => $least, 'max_range' => $most]]);
            if ($number === false) {
                $problems[] = "$name must be a whole number from $least to $most";
            }
            $numbers[] = $number === false ? $default : $number;
        }
        [$this->limitMs, $this->connectMs, $this->postMs, $this->maxEvents, $this->firstPauseMs, $this->longestPauseMs] = $numbers;
        $this->problem = implode('; ', $problems);
    }

    public static function ofThisProcess(): self
    {
        $variable = static function (string $name): ?string {
            $value = getenv($name);
            $value = is_string($value) ? $value : ($_SERVER[$name] ?? $_ENV[$name] ?? null);
            return is_string($value) && $value !== '' ? $value : null;
        };
        $lines = self::linesOf($variable(self::FILE) ?? '/etc/portwarden-listener.env');
        return new self(static fn (string $name): ?string => $variable($name) ?? $lines[$name] ?? null);
    }

    /** Whether the address of the API is known without asking a resolver. */
    public function hostIsAddress(): bool
    {
        return $this->host === 'localhost' || filter_var($this->host, FILTER_VALIDATE_IP) !== false;
    }

    /** @return array<string, string> */
    private static function linesOf(string $file): array
    {
        $found = [];
        $text = @is_readable($file) ? @file_get_contents($file, false, null, 0, 65_536) : false;
        foreach (preg_split('/\R/', $text === false ? '' : $text) ?: [] as $line) {
            if (preg_match('/^\s*(?:export\s+)?([A-Z_]+)=(.*)$/', $line, $match) !== 1) {
                continue;
            }
            $value = trim($match[2]);
            if (preg_match('/^(["\'])(.*)\1$/', $value, $quoted) === 1) {
                $value = $quoted[2];
            }
            if ($value !== '') {
                $found[$match[1]] = $value;
            }
        }
        return $found;
    }
}
