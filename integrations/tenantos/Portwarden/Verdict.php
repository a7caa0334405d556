<?php

declare(strict_types=1);

namespace App\Custom\EventListeners\Portwarden;

/** What an attempt means for the event and for those behind it. */
enum Verdict
{
    /** The API has it, durably. */
    case Accepted;
    /** The event breaks a rule of the API: it would be refused for ever. */
    case Rejected;
    /** This event met an unexpected failure; another one need not. */
    case Failed;
    /** Nothing is accepted now. */
    case Unavailable;
    /** Nothing will be accepted before a person corrects token or address. */
    case Misconfigured;
}
