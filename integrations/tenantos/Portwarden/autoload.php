<?php

declare(strict_types=1);

// The panel's own autoloader finds these classes too. This one is for drain.php, and for a panel whose class map is fixed.
if (!defined('PORTWARDEN_LISTENER_CLASSES')) {
    define('PORTWARDEN_LISTENER_CLASSES', 'App\\Custom\\EventListeners\\Portwarden\\');
    spl_autoload_register(static function (string $class): void {
        if (!str_starts_with($class, PORTWARDEN_LISTENER_CLASSES)) {
            return;
        }
        $file = __DIR__ . '/' . substr($class, strlen(PORTWARDEN_LISTENER_CLASSES)) . '.php';
        if (is_file($file)) {
            require_once $file;
        }
    });
}
