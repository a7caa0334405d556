<?php

declare(strict_types=1);

namespace App\Custom\EventListeners\Portwarden;

/**
 * After a failure nobody asks the API for a while: a request of the panel must not wait for what was just found to be
 * away. All processes share the pause, which lies beside the events. Only who holds the lock of the spool writes it.
 */
final class Pause
{
    private const NOTE = 'pause.json';
    /** What a server asks for is kept up to here; a time farther away comes from a clock that was wrong. */
    private const LONGEST_MS = 3_600_000;
    private const SAY_AGAIN_MS = 900_000;

    public function __construct(
        private readonly Spool $spool,
        private readonly int $firstMs,
        private readonly int $longestMs,
    ) {
    }

    /** How long nobody asks, in milliseconds; 0 when the API may be asked. */
    public function left(): int
    {
        $left = (int) ($this->read()['until'] ?? 0) - self::now();
        return $left > self::LONGEST_MS ? 0 : max(0, $left);
    }

    /** Why, for people; empty when the last attempt went well. */
    public function reason(): string
    {
        return (string) ($this->read()['reason'] ?? '');
    }

    /** Whether it lasts until a person corrects something. */
    public function needsPerson(): bool
    {
        return ($this->read()['needsPerson'] ?? false) === true;
    }

    /**
     * Begins one, or the next longer one.
     * @param int|null $askedMs how long the server asked for
     * @return bool whether people are to be told: the reason is new, or was told long ago
     */
    public function begin(string $reason, ?int $askedMs, bool $needsPerson): bool
    {
        $before = $this->read();
        $failures = min(30, (int) ($before['failures'] ?? 0) + 1);
        $pauseMs = min($askedMs ?? min($this->longestMs, $this->firstMs * 2 ** ($failures - 1)), self::LONGEST_MS);
        $saidAt = (int) ($before['saidAt'] ?? 0);
        $say = $reason !== ($before['reason'] ?? null) || abs(self::now() - $saidAt) > self::SAY_AGAIN_MS;
        $this->spool->writeNote(self::NOTE, [
            'until' => self::now() + $pauseMs,
            'failures' => $failures,
            'reason' => $reason,
            'needsPerson' => $needsPerson,
            'since' => $before['since'] ?? gmdate('c'),
            'saidAt' => $say ? self::now() : $saidAt,
        ]);
        return $say;
    }

    /** @return string since when it was so, when the API works again; empty when it always did */
    public function end(): string
    {
        $before = $this->read();
        if ($before !== []) {
            $this->spool->writeNote(self::NOTE, []);
        }
        return (string) ($before['since'] ?? '');
    }

    /** @return array<mixed> */
    private function read(): array
    {
        return $this->spool->readNote(self::NOTE);
    }

    private static function now(): int
    {
        return (int) (microtime(true) * 1000);
    }
}
