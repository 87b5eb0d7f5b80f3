/*
 * conform_body.h - the body of an answer as a case writes it: bytes, and what happens between them.
 *
 * A line stands for itself and a line feed; one that begins with '@' commands:
 *   @delay MS    @cut (close here)    @reset (RST here)    @stall (silence, connection open)
 *   @raw TEXT (no line end)           @hex 0d0a            @json "escaped text"
 *   @repeat N TEXT ("escaped", too)   @crlf, @cr (the whole body's line ends)
 *   @data JSON, @event NAME JSON      a server-sent event; @done is data: [DONE]
 *   @delta JSON                       an event with that delta as choice 0 of a chat chunk
 *   @finish WORD [USAGE]              an event with finish reason and perhaps usage; WORD - is null
 *   @usage JSON                       an event with usage and no choices
 *   @chat MESSAGE WORD [USAGE]        a whole Chat Completions response
 */
#ifndef TESTS_CONFORMANCE_CONFORM_BODY_H
#define TESTS_CONFORMANCE_CONFORM_BODY_H

#include "tests/conformance/conform_case.h"

MUST_CHECK enum err_code conform_body_line(
    struct arena *arena, struct case_answer *a, struct str line, struct err *err);

#endif
