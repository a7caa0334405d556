<?php

declare(strict_types=1);

namespace App\Custom\EventListeners\Portwarden;

/** A moment that work must end at, by a clock that nobody sets. */
final class Deadline
{
    private function __construct(private readonly int $atNs)
    {
    }

    public static function in(int $milliseconds): self
    {
        return new self(hrtime(true) + $milliseconds * 1_000_000);
    }

    /** What is left, in milliseconds; never less than 0. */
    public function left(): int
    {
        return max(0, intdiv($this->atNs - hrtime(true), 1_000_000));
    }
}
