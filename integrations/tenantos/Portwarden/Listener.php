<?php

declare(strict_types=1);

namespace App\Custom\EventListeners\Portwarden;

use Throwable;

/** What the panel calls: keeps the event first, then tries to send it within the time that a request may be held up. */
final class Listener
{
    private const NO_ADDRESS = 'drain.php, which looks up the host of PORTWARDEN_API_URL, has not reached the API yet';

    private readonly Log $log;
    private readonly Spool $spool;
    private readonly Webhook $webhook;
    private readonly Pause $pause;

    public function __construct(private readonly Settings $settings)
    {
        $this->log = new Log($settings->token);
        $this->spool = new Spool($settings->spool, $settings->maxEvents);
        $this->webhook = new Webhook($settings, $this->spool, false);
        $this->pause = new Pause($this->spool, $settings->firstPauseMs, $settings->longestPauseMs);
    }

    public static function ofThisProcess(): self
    {
        return new self(Settings::ofThisProcess());
    }

    /**
     * Never throws, and never takes longer than the limit.
     * @param mixed $serverId the panel's number of the server, a number or its text
     * @param list<string> $ips
     */
    public function report(string $action, mixed $serverId, array $ips): void
    {
        try {
            $id = filter_var($serverId, FILTER_VALIDATE_INT, ['options' => ['min_range' => 1, 'max_range' => 2_147_483_647]]);
            if ($id === false) {
                $this->log->error("an event $action names no server; it is not reported");
                return;
            }
            RequestTime::measure($this->settings->limitMs, fn (Deadline $deadline) => $this->keepAndSend(Event::about($action, $id, $ips), $deadline));
        } catch (Throwable $problem) {
            $this->log->error("an event $action was not reported: " . get_class($problem) . ' in ' . basename($problem->getFile()) . ':' . $problem->getLine());
        }
    }

    /** @param list<Event> $events */
    private function keepAndSend(array $events, Deadline $deadline): void
    {
        $kept = [];
        foreach ($events as $event) {
            // Where the time is used up, by hundreds of events of one request, each costs as little as can be.
            $refusal = $this->spool->add($event, $deadline->left() > 0);
            if ($refusal === '') {
                $kept[] = $event;
            } else {
                $this->sendUnkept($event, $refusal, $deadline);
            }
        }
        if ($deadline->left() < Webhook::LEAST_MS) {
            foreach ($kept as $event) {
                $this->log->info("{$event->describe()} waits in the spool: the time of this request is used up");
            }
            return;
        }
        if ($kept === []) {
            return;
        }
        (new Delivery($this->spool, $this->webhook, $this->pause, $this->log))->run($deadline, $this->settings->limitMs);
        $this->sayWhatWaits($kept);
    }

    /** What cannot be kept is sent at once, out of turn: late is harmless, lost is not. */
    private function sendUnkept(Event $event, string $refusal, Deadline $deadline): void
    {
        $obstacle = $this->webhook->needsResolver() ? self::NO_ADDRESS : $this->webhook->obstacle();
        $answer = $obstacle === '' ? $this->webhook->post($event, $deadline->left()) : Answer::nothing($obstacle);
        if ($answer->verdict === Verdict::Accepted) {
            $this->log->error("$refusal; reported {$event->describe()} without it: workflow $answer->text");
        } else {
            $this->log->error("LOST {$event->toBody()}: $refusal, and $answer->text. Send it again by hand: nothing else tells portwarden");
        }
    }

    /** @param list<Event> $kept */
    private function sayWhatWaits(array $kept): void
    {
        $waiting = $this->spool->names();
        $keys = implode(' ', $waiting);
        $obstacle = $this->webhook->obstacle();
        foreach ($kept as $event) {
            if (!str_contains($keys, $event->key)) {
                continue;
            }
            $why = $obstacle !== '' ? $obstacle : $this->pause->reason();
            $why = $why === '' && $this->webhook->needsResolver() ? self::NO_ADDRESS : $why;
            $message = "{$event->describe()} waits in the spool with " . (count($waiting) - 1) . ' others' . ($why === '' ? '' : ": $why");
            $obstacle === '' && !$this->pause->needsPerson() ? $this->log->info($message) : $this->log->error($message);
        }
    }
}
