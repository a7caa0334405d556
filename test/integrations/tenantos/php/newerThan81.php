<?php

declare(strict_types=1);

// Finds in PHP sources what PHP 8.1 does not have, and what PHP 8.4 calls deprecated, by their tokens: the PHP that runs the
// tests may be newer than 8.1, and its parser would let it pass. JSON: a list of sources in, a list of findings for each out.

const NEWER_FUNCTIONS = [
    'json_validate', 'mb_str_pad', 'mb_trim', 'mb_ltrim', 'mb_rtrim', 'mb_ucfirst', 'mb_lcfirst', 'str_increment', 'str_decrement',
    'array_find', 'array_find_key', 'array_any', 'array_all', 'array_first', 'array_last', 'ini_parse_quantity', 'curl_upkeep',
    'memory_reset_peak_usage', 'openssl_cipher_key_length', 'stream_context_set_options', 'posix_sysconf', 'posix_pathconf',
    'request_parse_body', 'http_get_last_response_headers', 'fpow', 'bcdivmod', 'grapheme_str_split', 'get_error_handler',
    'get_exception_handler', 'sodium_crypto_stream_xchacha20_xor_ic',
];
const NEWER_CONSTANTS = ['CURLOPT_QUICK_EXIT', 'CURLOPT_PROTOCOLS_STR', 'CURLOPT_REDIR_PROTOCOLS_STR', 'CURLINFO_CAINFO', 'CURL_HTTP_VERSION_3ONLY'];

/** @return list<string> */
function newerIn(string $source): array
{
    $tokens = array_values(array_filter(
        PhpToken::tokenize($source),
        static fn (PhpToken $token): bool => !$token->isIgnorable() || $token->is(T_OPEN_TAG),
    ));
    $at = static fn (int $index): string => strtolower($tokens[$index]->text ?? '');
    $findings = [];
    $find = static function (string $what, int $index) use (&$findings, $tokens): void {
        $findings[] = "$what in line {$tokens[$index]->line}";
    };
    $closing = static function (int $open) use ($tokens, $at): int {
        for ($index = $open, $depth = 0; $index < count($tokens); $index++) {
            $depth += ['(' => 1, ')' => -1][$at($index)] ?? 0;
            if ($depth === 0) {
                return $index;
            }
        }
        return $open;
    };
    $signature = static function (int $function) use ($tokens, $at, $find, $closing): void {
        $open = $function;
        while ($at($open) !== '(') {
            $open++;
        }
        $close = $closing($open);
        for ($index = $open + 1; $index < $close; $index++) {
            if ($at($index) === '(' && $at($index + 2) === '&') {
                $find('8.2: a disjunctive type', $index);
            }
            $typed = $tokens[$index]->is(T_VARIABLE) && $tokens[$index - 1]->is([T_STRING, T_ARRAY, T_CALLABLE, T_NAME_QUALIFIED, T_NAME_FULLY_QUALIFIED]);
            $before = $at($index - 2);
            if ($typed && $at($index + 1) === '=' && $at($index + 2) === 'null' && !in_array($before, ['?', '|'], true) && $at($index - 1) !== 'mixed') {
                $find('8.4 deprecates: a parameter that is null by default without saying so', $index);
            }
            if (in_array($at($index), ['true', 'false', 'null'], true) && ($tokens[$index + 1] ?? null)?->is(T_VARIABLE) && $at($index - 1) !== '|') {
                $find('8.2: a type of one value', $index);
            }
        }
        if ($at($close + 1) === ':' && in_array($at($close + 2), ['true', 'false', 'null'], true) && in_array($at($close + 3), ['{', ';', '=>'], true)) {
            $find('8.2: a type of one value', $close);
        }
    };

    foreach ($tokens as $index => $token) {
        if ($token->is([T_FUNCTION, T_FN]) && $at($index - 1) !== 'use') {
            $signature($index);
        }
        if ($token->is(T_READONLY) && in_array($at($index + 1), ['class', 'final', 'abstract'], true) || $token->is(T_CLASS) && $at($index - 1) === 'readonly') {
            $find('8.2: a readonly class', $index);
        }
        if ($token->is(T_TRAIT)) {
            $find('8.2: a trait (which may have constants)', $index);
        }
        if ($token->is(T_CONST) && ($tokens[$index + 2] ?? null)?->is(T_STRING)) {
            $find('8.3: a typed constant', $index);
        }
        if ($token->is(T_DOUBLE_COLON) && $at($index + 1) === '{') {
            $find('8.3: a constant by a computed name', $index);
        }
        if ($token->is([T_PUBLIC, T_PROTECTED, T_PRIVATE]) && $at($index + 1) === '(') {
            $find('8.4: a visibility of its own for writing', $index);
        }
        if ($token->is(T_VARIABLE) && $at($index + 1) === '{') {
            $find('8.4: a property with hooks', $index);
        }
        if ($token->is(T_NEW) && $at($index - 1) !== '(' && $at($index + 2) === '(' && in_array($at($closing($index + 2) + 1), ['->', '?->', '::'], true)) {
            $find('8.4: new without parentheses', $index);
        }
        if ($token->text === '|' && $at($index + 1) === '>') {
            $find('8.5: the pipe operator', $index);
        }
        if ($token->is([T_STRING, T_NAME_FULLY_QUALIFIED])) {
            $name = ltrim($token->text, '\\');
            $called = $at($index + 1) === '(' && !in_array($at($index - 1), ['->', '?->', '::', 'function', 'new'], true);
            if ($called && in_array(strtolower($name), NEWER_FUNCTIONS, true)) {
                $find("newer: $name()", $index);
            }
            if (in_array($name, NEWER_CONSTANTS, true)) {
                $find("newer: $name", $index);
            }
        }
        if ($token->is([T_NAME_QUALIFIED, T_NAME_FULLY_QUALIFIED]) && preg_match('/^\\\\?(Random|Dom|Uri)\\\\/', $token->text) === 1) {
            $find("newer: $token->text", $index);
        }
    }
    return $findings;
}

$sources = json_decode((string) stream_get_contents(STDIN), true);
echo json_encode(array_map('newerIn', $sources), JSON_THROW_ON_ERROR), "\n";
