/*
 * run.c - finds a test by its id, runs one part of it, keeps the books
 */
#include "conformance.h"

static const LP_TEST_ENTRY *const LpGroups[] = {
    LpStartDmaTests, LpFlowDmaTests, LpLegacyDmaTests, LpNamedDmaTests, LpCommonBufferTests, LpPoolTests,
    LpMemoryTests,   LpLockTests,    LpSyncTests,      LpEventTests,    LpSpinTests,         LpResourceTests,
    LpAccessTests,   LpRegistryTests, LpServiceTests,  LpTimeTests,
};

static BOOLEAN LpSameText(const CHAR *Left, const CHAR *Right, ULONG Limit) {
    ULONG Idx;

    for (Idx = 0; Idx < Limit; Idx++) {
        if (Left[Idx] != Right[Idx]) {
            return FALSE;
        }
        if (Left[Idx] == 0) {
            return TRUE;
        }
    }
    return FALSE;
}

static const LP_TEST_ENTRY *LpFind(const CHAR *Id) {
    ULONG Group;

    for (Group = 0; Group < ARRAYSIZE(LpGroups); Group++) {
        const LP_TEST_ENTRY *Entry;

        for (Entry = LpGroups[Group]; Entry->Id != NULL; Entry++) {
            if (LpSameText(Entry->Id, Id, LP_TEST_ID_BYTES)) {
                return Entry;
            }
        }
    }
    return NULL;
}

/* ---- text --------------------------------------------------------------------------------------------------------- */

static ULONG LpAppend(LP_TEST_RESULT *Result, ULONG At, const CHAR *Text) {
    while (*Text != 0 && At < LP_TEST_TEXT_BYTES - 1) {
        Result->Text[At++] = *Text++;
    }
    Result->Text[At] = 0;
    return At;
}

static ULONG LpAppendNumber(LP_TEST_RESULT *Result, ULONG At, ULONGLONG Value) {
    CHAR Digits[20];
    ULONG Idx = sizeof(Digits);

    Digits[--Idx] = 0;
    do {
        Digits[--Idx] = "0123456789abcdef"[Value & 15];
        Value >>= 4;
    } while (Value != 0 && Idx > 2);
    Digits[--Idx] = 'x';
    Digits[--Idx] = '0';
    return LpAppend(Result, At, Digits + Idx);
}

static const CHAR *LpFileName(const CHAR *Path) {
    const CHAR *Name = Path;

    for (; *Path != 0; Path++) {
        if (*Path == '/' || *Path == '\\') {
            Name = Path + 1;
        }
    }
    return Name;
}

static BOOLEAN LpIsFirstFailure(PLP_TEST Test, ULONG Line) {
    if (Test->Result->Verdict == LP_VERDICT_FAIL) {
        return FALSE;
    }
    Test->Result->Verdict = LP_VERDICT_FAIL;
    Test->Result->Line = Line;
    return TRUE;
}

BOOLEAN LpCheck(PLP_TEST Test, BOOLEAN Held, const CHAR *What, const CHAR *File, ULONG Line) {
    Test->Result->Checks++;
    if (!Held && LpIsFirstFailure(Test, Line)) {
        ULONG At = LpAppend(Test->Result, 0, LpFileName(File));

        At = LpAppend(Test->Result, At, ": not ");
        (VOID)LpAppend(Test->Result, At, What);
    }
    return Held;
}

BOOLEAN LpCheckEqual(PLP_TEST Test, ULONGLONG Got, ULONGLONG Wanted, const CHAR *What, const CHAR *File, ULONG Line) {
    Test->Result->Checks++;
    if (Got != Wanted && LpIsFirstFailure(Test, Line)) {
        ULONG At = LpAppend(Test->Result, 0, LpFileName(File));

        At = LpAppend(Test->Result, At, ": ");
        At = LpAppendNumber(Test->Result, At, Got);
        At = LpAppend(Test->Result, At, ", wanted ");
        At = LpAppendNumber(Test->Result, At, Wanted);
        At = LpAppend(Test->Result, At, ": ");
        (VOID)LpAppend(Test->Result, At, What);
    }
    return Got == Wanted;
}

VOID LpNotApplicable(PLP_TEST Test, const CHAR *Why) {
    if (Test->Result->Verdict != LP_VERDICT_FAIL) {
        Test->Result->Verdict = LP_VERDICT_NOT_APPLICABLE;
        (VOID)LpAppend(Test->Result, 0, Why);
    }
}

/* ---- requests ------------------------------------------------------------------------------------------------------ */

static VOID LpRunPart(PLP_DEVICE Device, PVIDEO_REQUEST_PACKET Packet, const LP_TEST_REQUEST *Request, LP_TEST_RESULT *Result) {
    const LP_TEST_ENTRY *Entry = LpFind(Request->Id);
    LP_TEST Test = {Device, Packet, Request, Result};

    VideoPortZeroMemory(Result, sizeof(*Result));
    if (Entry == NULL) {
        LpNotApplicable(&Test, "no such test in this driver");
        return;
    }
    Entry->Run(&Test);
    if (Result->Verdict == LP_VERDICT_NONE && CHECK(&Test, Result->Checks != 0)) {
        Result->Verdict = LP_VERDICT_PASS;
    }
}

VP_STATUS LpRunTest(PLP_DEVICE Device, PVIDEO_REQUEST_PACKET Packet) {
    LP_TEST_REQUEST Request;
    LP_TEST_RESULT Result;

    if (Packet->InputBufferLength < sizeof(Request) || Packet->OutputBufferLength < sizeof(Result)) {
        return ERROR_INSUFFICIENT_BUFFER;
    }
    /* Input and output are the same memory. */
    VideoPortMoveMemory(&Request, Packet->InputBuffer, sizeof(Request));
    if (Request.Part == 0) {
        VideoPortZeroMemory(&Device->Test, sizeof(Device->Test));
    }
    LpRunPart(Device, Packet, &Request, &Result);
    VideoPortMoveMemory(Packet->OutputBuffer, &Result, sizeof(Result));
    Packet->StatusBlock->Information = sizeof(Result);
    return NO_ERROR;
}

VOID NTAPI LpRunTestFromInterface(PVOID Context, const LP_TEST_REQUEST *Request, LP_TEST_RESULT *Result) {
    /* The tests of the device lock come this way: the lock is theirs to take, not this routine's. */
    LpRunPart(Context, NULL, Request, Result);
}

VP_STATUS LpTestName(PVIDEO_REQUEST_PACKET Packet) {
    ULONG Index, Group;

    if (Packet->InputBufferLength < sizeof(ULONG) || Packet->OutputBufferLength < LP_TEST_ID_BYTES) {
        return ERROR_INSUFFICIENT_BUFFER;
    }
    Index = *(PULONG)Packet->InputBuffer;
    for (Group = 0; Group < ARRAYSIZE(LpGroups); Group++) {
        const LP_TEST_ENTRY *Entry;

        for (Entry = LpGroups[Group]; Entry->Id != NULL; Entry++) {
            if (Index-- == 0) {
                PCHAR Name = Packet->OutputBuffer;
                ULONG Idx;

                VideoPortZeroMemory(Name, LP_TEST_ID_BYTES);
                for (Idx = 0; Entry->Id[Idx] != 0 && Idx < LP_TEST_ID_BYTES - 1; Idx++) {
                    Name[Idx] = Entry->Id[Idx];
                }
                Packet->StatusBlock->Information = LP_TEST_ID_BYTES;
                return NO_ERROR;
            }
        }
    }
    return ERROR_INVALID_PARAMETER;
}
