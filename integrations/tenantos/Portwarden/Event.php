<?php

declare(strict_types=1);

namespace App\Custom\EventListeners\Portwarden;

use UnexpectedValueException;

/** One event as it is spooled and posted. It holds no secret. */
final class Event
{
    /** The API takes so many addresses at once. */
    private const MOST_ADDRESSES = 256;

    /**
     * @param string $key the Idempotency-Key, the same at every attempt, so that what was accepted without our knowing is not started twice
     * @param list<string> $ips
     */
    private function __construct(
        public readonly string $key,
        public readonly string $action,
        public readonly int $serverId,
        public readonly array $ips,
    ) {
    }

    /**
     * @param list<string> $ips
     * @return list<self> several when there are more addresses than fit into one
     */
    public static function about(string $action, int $serverId, array $ips): array
    {
        $parts = $ips === [] ? [[]] : array_chunk($ips, self::MOST_ADDRESSES);
        return array_map(
            static fn (array $part): self => new self(bin2hex(random_bytes(16)), $action, $serverId, $part),
            $parts,
        );
    }

    /** @throws UnexpectedValueException when the text is not what {@see toText} made */
    public static function fromText(string $text): self
    {
        $fields = json_decode($text, true, 8);
        $ips = is_array($fields) ? ($fields['ips'] ?? null) : null;
        if (
            !is_array($fields) || !is_array($ips) || !is_string($fields['key'] ?? null) || !is_string($fields['action'] ?? null)
            || preg_match('/^[0-9a-f]{32}$/D', $fields['key']) !== 1 || !is_int($fields['serverId'] ?? null) || array_filter($ips, 'is_string') !== $ips
        ) {
            throw new UnexpectedValueException('is not an event');
        }
        return new self($fields['key'], $fields['action'], $fields['serverId'], array_values($ips));
    }

    public function toText(): string
    {
        return json_encode(['key' => $this->key] + $this->body(), JSON_THROW_ON_ERROR | JSON_UNESCAPED_SLASHES) . "\n";
    }

    /** What is posted. */
    public function toBody(): string
    {
        return json_encode($this->body(), JSON_THROW_ON_ERROR | JSON_UNESCAPED_SLASHES);
    }

    /** For people. */
    public function describe(): string
    {
        $shown = array_slice($this->ips, 0, 3);
        $more = count($this->ips) - count($shown);
        $named = $shown === [] ? '' : ' (' . implode(', ', $shown) . ($more > 0 ? " and $more more" : '') . ')';
        return "$this->action of server $this->serverId$named";
    }

    /** @return array{action: string, serverId: int, ips: list<string>} */
    private function body(): array
    {
        return ['action' => $this->action, 'serverId' => $this->serverId, 'ips' => $this->ips];
    }
}
