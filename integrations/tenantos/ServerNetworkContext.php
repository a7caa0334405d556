<?php

declare(strict_types=1);

namespace App\Custom\EventListeners;

use App\Custom\EventListeners\Portwarden\Addresses;
use App\Custom\EventListeners\Portwarden\Listener;
use App\Events\publicEvents\serverIpAssignments\afterServerIpAssignments;
use App\Events\publicEvents\serverIpAssignments\afterServerIpRemovals;
use Throwable;

/**
 * Tells portwarden that addresses of a server came or went. The panel finds the two `handle…` methods by the types of
 * their parameters. Whatever goes wrong in here ends in here: the panel's own work is never disturbed.
 */
class ServerNetworkContext
{
    /**
     * Laravel reads this: while the panel has a transaction open it calls us after the commit. Before it, portwarden
     * would be told to look and see the panel as it was.
     */
    public bool $afterCommit = true;

    /** Once all addresses of one assignment are there. */
    public function handle(afterServerIpAssignments $event): void
    {
        $this->report('ip_assigned', $event, ['addedIps']);
    }

    /** Once all addresses of one removal are gone. */
    public function handleRemovals(afterServerIpRemovals $event): void
    {
        $this->report('ip_removed', $event, ['deletedIps', 'removedIps']);
    }

    /**
     * For the operator's own hook: the panel has no event for a deleted server. To be called after the deletion.
     * @param int|string $serverId the panel's number of the server
     */
    public function onServerDeleted(int|string $serverId): void
    {
        $this->safely(static fn () => Listener::ofThisProcess()->report('server_deleted', $serverId, []));
    }

    /** @param list<string> $properties where the event has its addresses; the first one that is there */
    private function report(string $action, object $event, array $properties): void
    {
        $this->safely(static function () use ($action, $event, $properties): void {
            $named = [];
            foreach ($properties as $property) {
                if (isset($event->{$property})) {
                    $named = $event->{$property};
                    break;
                }
            }
            Listener::ofThisProcess()->report($action, $event->serverId ?? null, Addresses::in($named));
        });
    }

    private function safely(callable $work): void
    {
        try {
            // A missing file must not be asked for with `require`: that ends the panel's request.
            if (!is_file(__DIR__ . '/Portwarden/autoload.php')) {
                error_log('portwarden: ERROR: the folder Portwarden beside ServerNetworkContext.php is missing; nothing is reported');
                return;
            }
            include_once __DIR__ . '/Portwarden/autoload.php';
            $work();
        } catch (Throwable $problem) {
            error_log('portwarden: ERROR: an event was not reported: ' . get_class($problem) . ' in ' . basename($problem->getFile()) . ':' . $problem->getLine());
        }
    }
}
