<?php

declare(strict_types=1);

namespace App\Custom\EventListeners\Portwarden;

use Throwable;

/** What people are told: in the panel its activity log, on the command line standard error and syslog. */
final class Log
{
    /** An event that is lost is written whole, with all of its addresses. */
    private const LONGEST = 16_000;

    /**
     * @param string $secret is never written, whatever a message holds
     * @param bool $brief whether the command line is told only what needs a person: cron mails whatever is printed
     */
    public function __construct(
        private readonly string $secret,
        private readonly bool $brief = false,
    ) {
    }

    public function info(string $message): void
    {
        if (!$this->brief) {
            $this->write($message, false);
        }
    }

    /** Something needs a person. */
    public function error(string $message): void
    {
        $this->write("ERROR: $message", true);
    }

    private function write(string $message, bool $loud): void
    {
        $clean = $this->secret === '' ? $message : str_replace($this->secret, '[secret]', $message);
        $line = 'portwarden: ' . substr((string) preg_replace('/[^\x20-\x7e]+/', ' ', $clean), 0, self::LONGEST);
        try {
            if (function_exists('logActivity')) {
                logActivity($line);
                if ($loud && PHP_SAPI !== 'cli') {
                    error_log($line);
                }
            } elseif (PHP_SAPI === 'cli') {
                fwrite(STDERR, "$line\n");
                openlog('portwarden-listener', LOG_PID, LOG_DAEMON);
                syslog($loud ? LOG_ERR : LOG_INFO, $line);
            } else {
                error_log($line);
            }
        } catch (Throwable) {
            error_log($line);
        }
    }
}
