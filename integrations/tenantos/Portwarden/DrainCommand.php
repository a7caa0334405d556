<?php

declare(strict_types=1);

namespace App\Custom\EventListeners\Portwarden;

/**
 * The command beside the listener: sends what waits in the spool. For cron, once a minute.
 *
 *     php drain.php [--seconds N] [--verbose]    sends until nothing waits, at most N seconds (50)
 *     php drain.php --now                        the same, without regard to a pause
 *     php drain.php --status                     what waits, since when and why, as JSON
 *     php drain.php --retry-rejected             puts back what was set aside, and sends
 *     php drain.php --deleted SERVER             reports that a server was deleted, for hooks that are not PHP
 *
 * Exit code: 0 nothing waits, 1 something still does, 2 called or configured wrongly.
 */
final class DrainCommand
{
    private const LOOK_MS = 250;

    /** @param list<string> $arguments */
    public static function main(array $arguments): int
    {
        $options = self::read($arguments);
        if ($options === null) {
            fwrite(STDERR, "usage: php drain.php [--seconds N] [--verbose] [--now] [--retry-rejected] [--status] [--deleted SERVER]\n");
            return 2;
        }
        $settings = Settings::ofThisProcess();
        $spool = new Spool($settings->spool, $settings->maxEvents);
        $pause = new Pause($spool, $settings->firstPauseMs, $settings->longestPauseMs);
        $webhook = new Webhook($settings, $spool, true);
        $log = new Log($settings->token, !isset($options['verbose']));
        if (isset($options['status'])) {
            return self::status($settings, $spool, $pause);
        }
        if (isset($options['deleted'])) {
            foreach (Event::about('server_deleted', (int) $options['deleted'], []) as $event) {
                $refusal = $spool->add($event);
                if ($refusal !== '') {
                    $log->error("{$event->describe()} is not reported: $refusal");
                    return 2;
                }
            }
        }
        if ($webhook->obstacle() !== '') {
            $log->error($webhook->obstacle() . '; events wait: ' . count($spool->names()));
            return 2;
        }
        if (isset($options['retry-rejected'])) {
            $spool->takeBack();
        }
        if (isset($options['now'])) {
            $pause->end();
        }
        return self::drain($settings, $spool, $pause, new Delivery($spool, $webhook, $pause, $log), $log, (int) ($options['seconds'] ?? 50));
    }

    private static function drain(Settings $settings, Spool $spool, Pause $pause, Delivery $delivery, Log $log, int $seconds): int
    {
        $deadline = Deadline::in($seconds * 1000);
        $spool->recover();
        if ($spool->names() !== [] && $spool->obstacle() !== '') {
            $log->error($spool->obstacle());
            return 2;
        }
        for ($waitMs = self::LOOK_MS; $spool->names() !== []; $waitMs = min(2 * $waitMs, $settings->longestPauseMs)) {
            $delivery->run($deadline, $settings->postMs);
            $restMs = max($pause->left(), $waitMs);
            if ($spool->names() === [] || $deadline->left() <= $restMs) {
                break;
            }
            usleep($restMs * 1000);
        }
        return $spool->names() === [] ? 0 : 1;
    }

    private static function status(Settings $settings, Spool $spool, Pause $pause): int
    {
        $waiting = $spool->names();
        $oldest = $waiting === [] ? null : gmdate('c', intdiv((int) substr($waiting[0], 0, 17), 1_000_000));
        echo json_encode([
            'url' => $settings->url,
            'spool' => $settings->spool,
            'waiting' => count($waiting),
            'oldest' => $oldest,
            'rejected' => count($spool->aside()),
            'pausedForMs' => $pause->left(),
            'reason' => $pause->reason(),
            'settings' => $settings->problem === '' ? 'ok' : $settings->problem,
        ], JSON_THROW_ON_ERROR | JSON_PRETTY_PRINT | JSON_UNESCAPED_SLASHES), "\n";
        if ($settings->problem !== '') {
            return 2;
        }
        return $waiting === [] ? 0 : 1;
    }

    /**
     * @param list<string> $arguments
     * @return array<string, string>|null
     */
    private static function read(array $arguments): ?array
    {
        $options = [];
        for ($index = 0; $index < count($arguments); $index++) {
            $name = substr($arguments[$index], 2);
            if (in_array($arguments[$index], ['--verbose', '--now', '--status', '--retry-rejected'], true)) {
                $options[$name] = '';
            } elseif (in_array($arguments[$index], ['--seconds', '--deleted'], true) && preg_match('/^[1-9]\d{0,8}$/D', $arguments[$index + 1] ?? '') === 1) {
                $options[$name] = $arguments[++$index];
            } else {
                return null;
            }
        }
        return $options;
    }
}
