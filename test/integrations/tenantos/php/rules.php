<?php

declare(strict_types=1);

// Asks the listener's pure rules: JSON [[rule, argument…], …] on standard input, JSON of the answers on standard output.

use App\Custom\EventListeners\Portwarden\Addresses;
use App\Custom\EventListeners\Portwarden\Answer;

require __DIR__ . '/../../../../integrations/tenantos/Portwarden/autoload.php';

$ask = static function (string $rule, mixed ...$arguments): mixed {
    if ($rule === 'addresses') {
        return Addresses::in(...$arguments);
    }
    if ($rule === 'addresses of objects') {
        $entries = array_map(static fn (array $entry): object => (object) $entry, $arguments[0]);
        return Addresses::in(new ArrayIterator($entries));
    }
    $answer = Answer::of(...$arguments);
    return [$answer->verdict->name, $answer->retryAfterMs];
};
echo json_encode(array_map(static fn (array $question): mixed => $ask(...$question), json_decode((string) stream_get_contents(STDIN), true)), JSON_THROW_ON_ERROR);
