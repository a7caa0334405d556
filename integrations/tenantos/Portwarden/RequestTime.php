<?php

declare(strict_types=1);

namespace App\Custom\EventListeners\Portwarden;

/**
 * How long the listener may still hold up the panel. One request can assign to many servers and so fire many events:
 * the limit is of the request, not of each event. On the command line (jobs, artisan) nobody waits for an answer, and a
 * process lives for days: there the limit is of each event.
 */
final class RequestTime
{
    private static string $request = '';
    private static int $spentMs = 0;

    public static function measure(int $limitMs, callable $work): void
    {
        $request = PHP_SAPI === 'cli' ? '' : (string) ($_SERVER['REQUEST_TIME_FLOAT'] ?? '');
        if ($request === '' || $request !== self::$request) {
            self::$request = $request;
            self::$spentMs = 0;
        }
        $began = hrtime(true);
        try {
            $work(Deadline::in(max(0, $limitMs - self::$spentMs)));
        } finally {
            self::$spentMs += intdiv(hrtime(true) - $began, 1_000_000) + 1;
        }
    }
}
