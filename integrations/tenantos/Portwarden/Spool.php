<?php

declare(strict_types=1);

namespace App\Custom\EventListeners\Portwarden;

use UnexpectedValueException;

/**
 * A folder with one file for each event that waits. The name of a file says its place in the queue. A file appears whole
 * (written beside, flushed, renamed) and goes only after the API accepted its event, so that a process may end anywhere.
 * Nothing in here throws for a disk that is full, read-only or away: a refused write is told by its return value.
 */
final class Spool
{
    private const NAME = '/^\d{17}-[0-9a-f]{32}\.json$/D';
    private const DRAFT = '.new-';
    private const ASIDE = 'rejected';
    private const MOST_ASIDE = 1_000;
    /** A draft this old has no process any more that would finish it. */
    private const DRAFT_SECONDS = 60;

    public function __construct(
        private readonly string $folder,
        private readonly int $mostEvents,
    ) {
    }

    /**
     * @param bool $flush waits until the disk has it, so that a power failure does not take it; a killed process never does
     * @return string why the event could not be kept; empty when it was
     */
    public function add(Event $event, bool $flush = true): string
    {
        if (!is_dir($this->folder) && !@mkdir($this->folder, 0770, true) && !is_dir($this->folder)) {
            return "the spool folder $this->folder cannot be made";
        }
        $names = $this->names();
        if (count($names) >= $this->mostEvents) {
            return 'the spool is full: ' . count($names) . ' events wait (PORTWARDEN_LISTENER_MAX_EVENTS)';
        }
        // Behind everything that waits, also when the clock was set back.
        $last = $names === [] ? 0 : (int) substr($names[count($names) - 1], 0, 17);
        $place = max((int) (microtime(true) * 1e6), $last + 1);
        $name = sprintf('%017d-%s.json', $place, $event->key);
        return $this->place($name, $event->toText(), $flush)
            ? ''
            : "nothing can be written to the spool folder $this->folder (is the disk full? may this user write there?)";
    }

    /** @return list<string> the events that wait, oldest first */
    public function names(): array
    {
        $names = is_dir($this->folder) ? @scandir($this->folder) : false;
        return array_values(preg_grep(self::NAME, $names === false ? [] : $names) ?: []);
    }

    /** @throws UnexpectedValueException when the file is no event; @return null when it is gone */
    public function read(string $name): ?Event
    {
        $text = @file_get_contents("$this->folder/$name");
        if ($text === false) {
            if (is_file("$this->folder/$name")) {
                throw new UnexpectedValueException('cannot be read');
            }
            return null;
        }
        return Event::fromText($text);
    }

    /** @return bool false when the file is still there */
    public function remove(string $name): bool
    {
        return @unlink("$this->folder/$name") || !file_exists("$this->folder/$name");
    }

    /** Puts an event where it is not sent from, with a text beside it that says why. @return bool false when it is still in the queue */
    public function setAside(string $name, string $why): bool
    {
        $aside = "$this->folder/" . self::ASIDE;
        if (!is_dir($aside) && !@mkdir($aside, 0770) && !is_dir($aside)) {
            return false;
        }
        if (!@rename("$this->folder/$name", "$aside/$name")) {
            return false;
        }
        @file_put_contents("$aside/$name.txt", "$why\n");
        foreach (array_slice($this->aside(), 0, -self::MOST_ASIDE) as $oldest) {
            @unlink("$aside/$oldest");
            @unlink("$aside/$oldest.txt");
        }
        return true;
    }

    /** @return list<string> the events that were set aside, oldest first */
    public function aside(): array
    {
        $aside = "$this->folder/" . self::ASIDE;
        $names = is_dir($aside) ? @scandir($aside) : false;
        return array_values(preg_grep(self::NAME, $names === false ? [] : $names) ?: []);
    }

    /** Puts everything that was set aside back into the queue. @return int how many */
    public function takeBack(): int
    {
        $taken = 0;
        foreach ($this->aside() as $name) {
            if (@rename("$this->folder/" . self::ASIDE . "/$name", "$this->folder/$name")) {
                @unlink("$this->folder/" . self::ASIDE . "/$name.txt");
                $taken++;
            }
        }
        return $taken;
    }

    /** Queues what a killed process had written but not yet queued, and throws away what it had not finished. */
    public function recover(): void
    {
        foreach (glob("$this->folder/" . self::DRAFT . '*') ?: [] as $draft) {
            $written = @filemtime($draft);
            if ($written === false || $written > time() - self::DRAFT_SECONDS) {
                continue;
            }
            try {
                $event = Event::fromText((string) @file_get_contents($draft));
                @rename($draft, sprintf('%s/%017d-%s.json', $this->folder, $written * 1_000_000, $event->key));
            } catch (UnexpectedValueException) {
                @unlink($draft);
            }
        }
    }

    /** @return resource|null what holds the one right to send; null when another process has it. The system takes it back from one that is killed */
    public function lock()
    {
        $file = @fopen("$this->folder/lock", 'c');
        if ($file === false) {
            return null;
        }
        @chmod("$this->folder/lock", 0660);
        return flock($file, LOCK_EX | LOCK_NB) ? $file : null;
    }

    /** Why this process cannot send what waits; empty when it can. */
    public function obstacle(): string
    {
        if (is_dir($this->folder) && !is_writable($this->folder)) {
            return "the spool folder $this->folder cannot be written to: what was sent could not be taken out";
        }
        return is_file("$this->folder/lock") && !is_writable("$this->folder/lock")
            ? "the file $this->folder/lock belongs to another user: the folder and its files belong to the group of the panel's user"
            : '';
    }

    /** @return array<mixed> a small file of facts beside the events; empty when there is none */
    public function readNote(string $name): array
    {
        $text = is_file("$this->folder/$name") ? @file_get_contents("$this->folder/$name") : false;
        $fields = $text === false ? null : json_decode($text, true, 4);
        return is_array($fields) ? $fields : [];
    }

    /** @param array<mixed> $fields empty: takes the note away */
    public function writeNote(string $name, array $fields): void
    {
        if ($fields === []) {
            @unlink("$this->folder/$name");
        } else {
            $this->place($name, json_encode($fields, JSON_THROW_ON_ERROR | JSON_UNESCAPED_SLASHES));
        }
    }

    private function place(string $name, string $text, bool $flush = true): bool
    {
        $draft = "$this->folder/" . self::DRAFT . bin2hex(random_bytes(8));
        $file = @fopen($draft, 'x');
        if ($file === false) {
            return false;
        }
        // The command line may run as another user than the panel: both are in the folder's group.
        @chmod($draft, 0660);
        $whole = @fwrite($file, $text) === strlen($text) && @fflush($file) && (!$flush || @fsync($file));
        @fclose($file);
        if ($whole && @rename($draft, "$this->folder/$name")) {
            return true;
        }
        @unlink($draft);
        return false;
    }
}
