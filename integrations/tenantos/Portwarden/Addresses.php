<?php

declare(strict_types=1);

namespace App\Custom\EventListeners\Portwarden;

/** The addresses that an event of the panel names. */
final class Addresses
{
    /** Shorter prefixes are refused by the API: an event that names one by mistake would take too much with it. */
    private const SHORTEST_PREFIX = [4 => 16, 16 => 32];

    /**
     * An event holds addresses as texts, or as arrays or objects with the address among other things. Of such an entry
     * only one text is taken, because the others may be a gateway or a mask, and an address that is named as removed
     * loses its binding.
     * @return list<string> as the API takes them, without repeats
     */
    public static function in(mixed $named): array
    {
        if (is_string($named)) {
            $named = [$named];
        }
        $addresses = [];
        foreach (is_iterable($named) ? $named : [] as $entry) {
            $address = self::ofEntry($entry);
            if ($address !== null) {
                $addresses[$address] = true;
            }
        }
        return array_map('strval', array_keys($addresses));
    }

    private static function ofEntry(mixed $entry): ?string
    {
        if (is_string($entry)) {
            return self::read($entry);
        }
        $fields = is_object($entry) ? get_object_vars($entry) + ['ip' => $entry->ip ?? null] : $entry;
        if (!is_array($fields)) {
            return null;
        }
        if (is_string($fields['ip'] ?? null)) {
            return self::read($fields['ip']);
        }
        foreach ($fields as $field) {
            $address = is_string($field) ? self::read($field) : null;
            if ($address !== null) {
                return $address;
            }
        }
        return null;
    }

    /** `10.0.48.5/24` is the one address with the length of its network; `10.0.48.0/24` is the whole subnet. */
    private static function read(string $text): ?string
    {
        [$address, $length] = explode('/', trim($text), 2) + [1 => null];
        if (filter_var($address, FILTER_VALIDATE_IP) === false) {
            return null;
        }
        if ($length === null) {
            return $address;
        }
        $bytes = (string) inet_pton($address);
        $bits = 8 * strlen($bytes);
        if (preg_match('/^\d{1,3}$/', $length) !== 1 || (int) $length > $bits) {
            return null;
        }
        if ((int) $length === $bits || self::hasHostBits($bytes, (int) $length)) {
            return $address;
        }
        return (int) $length < self::SHORTEST_PREFIX[strlen($bytes)] ? null : $address . '/' . (int) $length;
    }

    private static function hasHostBits(string $bytes, int $length): bool
    {
        foreach (str_split($bytes) as $index => $byte) {
            $fixed = max(0, min(8, $length - 8 * $index));
            if ((ord($byte) & (0xff >> $fixed)) !== 0) {
                return true;
            }
        }
        return false;
    }
}
