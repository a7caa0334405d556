<?php

declare(strict_types=1);

use App\Custom\EventListeners\Portwarden\DrainCommand;

// Sends what waits in the spool: DrainCommand.php says how it is called. The panel's search for listeners includes every
// file below EventListeners: this one declares nothing, and does something only as a command.
if (PHP_SAPI === 'cli' && realpath((string) ($_SERVER['SCRIPT_FILENAME'] ?? '')) === __FILE__) {
    require_once __DIR__ . '/autoload.php';
    exit(DrainCommand::main(array_slice($_SERVER['argv'], 1)));
}
