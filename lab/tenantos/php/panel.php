<?php

declare(strict_types=1);

// As much of the panel as a listener sees: its event classes under their names, `logActivity`, warnings that become
// exceptions, and the search for listeners, which includes every file below EventListeners.
//
//     php panel.php ip_assigned 101 10.0.48.7 …    fires one event and prints what happened as JSON
//     php -S 127.0.0.1:0 panel.php                 POST {"events": [[action, serverId, [addresses]], …]} in one request
//
// LAB_PANEL_LISTENERS names the folder EventListeners.

namespace App\Events\publicEvents\serverIpAssignments {
    final class afterServerIpAssignments
    {
        /** @param array<mixed> $addedIps */
        public function __construct(public int $serverId, public array $addedIps)
        {
        }
    }

    final class afterServerIpRemovals
    {
        /** @param array<mixed> $deletedIps */
        public function __construct(public int $serverId, public array $deletedIps)
        {
        }
    }
}

namespace LabPanel {
    use App\Custom\EventListeners\ServerNetworkContext;
    use App\Events\publicEvents\serverIpAssignments\afterServerIpAssignments;
    use App\Events\publicEvents\serverIpAssignments\afterServerIpRemovals;
    use ErrorException;
    use RecursiveDirectoryIterator;
    use RecursiveIteratorIterator;
    use ReflectionClass;
    use ReflectionException;
    use ReflectionMethod;
    use ReflectionNamedType;

    const PREFIX = 'App\\Custom\\EventListeners\\';

    final class Activity
    {
        /** @var list<string> */
        public static array $lines = [];
    }

    /** The panel's transaction: while one is open, listeners that ask for it are called after its commit. */
    final class Transaction
    {
        public static bool $open = false;
        /** @var list<callable> */
        public static array $afterwards = [];

        public static function commit(): void
        {
            self::$open = false;
            foreach (self::$afterwards as $call) {
                $call();
            }
        }
    }

    function folder(): string
    {
        return (string) realpath((string) getenv('LAB_PANEL_LISTENERS'));
    }

    function boot(): void
    {
        error_reporting(E_ALL);
        set_error_handler(static function (int $level, string $message, string $file, int $line): bool {
            if ((error_reporting() & $level) !== 0) {
                throw new ErrorException($message, 0, $level, $file, $line);
            }
            return false;
        });
        spl_autoload_register(static function (string $class): void {
            $file = folder() . '/' . str_replace('\\', '/', substr($class, strlen(PREFIX))) . '.php';
            if (str_starts_with($class, PREFIX) && is_file($file)) {
                include $file;
            }
        });
    }

    /** @return array<string, list<string>> the methods that listen, by the event's class */
    function listeners(): array
    {
        static $found = [];
        if ($found !== []) {
            return $found;
        }
        foreach (new RecursiveIteratorIterator(new RecursiveDirectoryIterator(folder(), RecursiveDirectoryIterator::SKIP_DOTS)) as $file) {
            if ($file->getExtension() !== 'php') {
                continue;
            }
            $place = substr((string) $file->getRealPath(), strlen(folder()) + 1, -4);
            try {
                $class = new ReflectionClass(PREFIX . str_replace('/', '\\', $place));
            } catch (ReflectionException) {
                continue;
            }
            foreach ($class->isInstantiable() ? $class->getMethods(ReflectionMethod::IS_PUBLIC) : [] as $method) {
                $type = ($method->getParameters()[0] ?? null)?->getType();
                if (str_starts_with($method->getName(), 'handle') && $type instanceof ReflectionNamedType) {
                    $found[$type->getName()][] = $class->getName() . '@' . $method->getName();
                }
            }
        }
        return $found;
    }

    /** @param array<mixed> $ips */
    function fire(string $action, int $serverId, array $ips): void
    {
        if ($action === 'server_deleted') {
            (new ServerNetworkContext())->onServerDeleted($serverId);
            return;
        }
        $event = $action === 'ip_assigned' ? new afterServerIpAssignments($serverId, $ips) : new afterServerIpRemovals($serverId, $ips);
        foreach (listeners()[$event::class] ?? [] as $listener) {
            [$class, $method] = explode('@', $listener);
            $object = new $class();
            $call = static fn () => $object->{$method}($event);
            if (Transaction::$open && ($object->afterCommit ?? false)) {
                Transaction::$afterwards[] = $call;
            } else {
                $call();
            }
        }
    }

    /**
     * @param list<array{string, int, array<mixed>}> $events
     * @return array<string, mixed> `ms`: how long the events held up the panel
     */
    function request(array $events, bool $transaction): array
    {
        // What only this process's first event costs, reading the files, is the panel's and not the listener's.
        $listeners = listeners();
        $began = hrtime(true);
        Transaction::$open = $transaction;
        foreach ($events as [$action, $serverId, $ips]) {
            fire($action, $serverId, $ips);
        }
        $beforeCommit = count(Activity::$lines);
        Transaction::commit();
        return [
            'ms' => intdiv(hrtime(true) - $began, 1_000_000),
            'activity' => Activity::$lines,
            'beforeCommit' => $beforeCommit,
            'listeners' => $listeners,
        ];
    }

    function answer(mixed $value): void
    {
        echo json_encode($value, JSON_THROW_ON_ERROR | JSON_UNESCAPED_SLASHES), "\n";
    }
}

namespace {
    use LabPanel\Activity;

    function logActivity(string $text): void
    {
        Activity::$lines[] = $text;
    }

    LabPanel\boot();
    if (PHP_SAPI === 'cli-server') {
        header('Content-Type: application/json');
        $body = json_decode((string) file_get_contents('php://input'), true);
        LabPanel\answer(LabPanel\request($body['events'] ?? [], $body['transaction'] ?? false));
    } else {
        LabPanel\answer(LabPanel\request([[$argv[1], (int) $argv[2], array_slice($argv, 3)]], false));
    }
}
