<?php

declare(strict_types=1);

namespace App\Custom\EventListeners\Portwarden;

use UnexpectedValueException;

/** Sends what waits, oldest first, and one process at a time: so no event is sent twice at once, and those of a server keep their order. */
final class Delivery
{
    private const NOTE = 'failed.json';
    /** Unexpected failures of so many servers at once are no longer the events' own. */
    private const MOST_FAILURES = 3;
    private const MOST_ATTEMPTS = 10;
    private const FAIR_MS = 300;

    /** @var array<string, true> what was looked at by this run */
    private array $seen = [];
    private bool $goesOn = true;

    public function __construct(
        private readonly Spool $spool,
        private readonly Webhook $webhook,
        private readonly Pause $pause,
        private readonly Log $log,
    ) {
    }

    /** Sends until nothing is left, the API fails, or the time is over. What is left stays in the spool. */
    public function run(Deadline $deadline, int $postMs): void
    {
        if ($this->webhook->obstacle() !== '' || $this->webhook->needsResolver()) {
            return;
        }
        $this->goesOn = true;
        $this->seen = [];
        do {
            if ($this->pause->left() > 0 || $deadline->left() < Webhook::LEAST_MS) {
                return;
            }
            $lock = $this->spool->lock();
            if ($lock === null) {
                return;
            }
            try {
                $this->pass($deadline, $postMs);
            } finally {
                flock($lock, LOCK_UN);
                fclose($lock);
            }
            // Who added an event while the lock was held went away without sending: look again after letting go.
        } while ($this->goesOn && array_diff($this->spool->names(), array_keys($this->seen)) !== []);
    }

    private function pass(Deadline $deadline, int $postMs): void
    {
        $failed = [];
        $accepted = 0;
        foreach ($this->spool->names() as $name) {
            // Another process may have begun a pause between the look at it and the lock.
            if ($deadline->left() < Webhook::LEAST_MS || $this->pause->left() > 0) {
                $this->goesOn = false;
                return;
            }
            $this->seen[$name] = true;
            $event = $this->read($name);
            if ($event === null || isset($failed[$event->serverId])) {
                continue;
            }
            $withinMs = min($postMs, $deadline->left());
            $answer = $this->webhook->post($event, $withinMs);
            if ($answer->verdict === Verdict::Accepted) {
                $accepted++;
                $this->accepted($name, $event, $answer);
            } elseif ($answer->verdict === Verdict::Rejected) {
                $this->setAside($name, "{$event->describe()}: $answer->text");
            } elseif ($answer->verdict === Verdict::Failed && count($failed) < self::MOST_FAILURES) {
                // What follows about this server waits for it; other servers' events go on.
                $failed[$event->serverId] = [$name, $event, $answer];
            } elseif ($withinMs < min(self::FAIR_MS, $postMs)) {
                // The rest of a request's time was too short to say anything of the API.
                $this->goesOn = false;
            } else {
                $this->stop($answer);
            }
            if (!$this->goesOn) {
                return;
            }
        }
        $this->judge($failed, $accepted > 0);
    }

    private function read(string $name): ?Event
    {
        try {
            return $this->spool->read($name);
        } catch (UnexpectedValueException $problem) {
            $this->setAside($name, "the file $name {$problem->getMessage()}");
            return null;
        }
    }

    /**
     * Where others are accepted meanwhile, a failure is the event's own, and it is not tried for ever.
     * @param array<int, array{string, Event, Answer}> $failed
     */
    private function judge(array $failed, bool $othersAccepted): void
    {
        $known = $this->spool->readNote(self::NOTE);
        $counts = [];
        foreach ($failed as [$name, $event, $answer]) {
            if (!$othersAccepted) {
                $this->stop($answer);
                return;
            }
            $counts[$name] = (int) ($known[$name] ?? 0) + 1;
            if ($counts[$name] >= self::MOST_ATTEMPTS) {
                unset($counts[$name]);
                $this->setAside($name, "{$event->describe()}: " . self::MOST_ATTEMPTS . " times $answer->text");
            } elseif ($counts[$name] === 1) {
                $this->log->error("{$event->describe()} is tried again later: $answer->text");
            }
        }
        if ($counts !== $known) {
            $this->spool->writeNote(self::NOTE, $counts);
        }
    }

    private function accepted(string $name, Event $event, Answer $answer): void
    {
        $removed = $this->spool->remove($name);
        $since = $this->pause->end();
        $this->log->info("reported {$event->describe()}: workflow $answer->text");
        if ($since !== '') {
            $this->log->info("the API accepts events again, after it did not since $since");
        }
        if (!$removed) {
            $this->stop(new Answer(Verdict::Misconfigured, 'an event that was accepted cannot be taken out of the spool; it is sent again and will not start a second workflow'));
        }
    }

    private function setAside(string $name, string $why): void
    {
        if ($this->spool->setAside($name, $why)) {
            $this->log->error("$why; it is set aside in the folder rejected of the spool");
        } else {
            $this->stop(new Answer(Verdict::Misconfigured, "$why; it cannot be set aside"));
        }
    }

    private function stop(Answer $answer): void
    {
        $this->goesOn = false;
        $needsPerson = $answer->verdict === Verdict::Misconfigured;
        if ($this->pause->begin($answer->text, $answer->retryAfterMs, $needsPerson)) {
            $message = "$answer->text; events wait: " . count($this->spool->names());
            $needsPerson ? $this->log->error($message) : $this->log->info($message);
        }
    }
}
