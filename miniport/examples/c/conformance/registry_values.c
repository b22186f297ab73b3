/*
 * registry_values.c - REG-01: values below the adapter key
 */
#include "conformance.h"

typedef struct _LP_VALUE {
    UCHAR Bytes[64];
    ULONG Length;
    ULONG Calls;
    VP_STATUS Answer;
} LP_VALUE;

static VP_STATUS NTAPI LpTakeValue(PVOID HwDeviceExtension, PVOID Context, PWSTR ValueName, PVOID ValueData, ULONG ValueLength) {
    LP_VALUE *Value = Context;

    UNREFERENCED_PARAMETER(HwDeviceExtension);
    Value->Calls += ValueName != NULL;
    Value->Length = ValueLength;
    if (ValueLength <= sizeof(Value->Bytes)) {
        VideoPortMoveMemory(Value->Bytes, ValueData, ValueLength);
    }
    return Value->Answer;
}

static VOID LpRegistry(PLP_TEST Test) {
    static WCHAR Name[] = LUMENPORT_L("Conformance");
    static WCHAR Below[] = LUMENPORT_L("Deep\\Deeper\\Value");
    static WCHAR Missing[] = LUMENPORT_L("NotThere");
    static WCHAR Forbidden[] = LUMENPORT_L("DefaultSettings.XResolution");
    static WCHAR Chip[] = LUMENPORT_L("HardwareInformation.ChipType");
    static WCHAR Memory[] = LUMENPORT_L("HardwareInformation.MemorySize");
    PLP_DEVICE Device = Test->Device;
    LP_VALUE Value;
    UCHAR Bytes[40];

    LpFill(Bytes, sizeof(Bytes), 9);
    CHECK_STATUS(Test, VideoPortSetRegistryParameters(Device, Name, Bytes, sizeof(Bytes)), NO_ERROR);
    CHECK_STATUS(Test, VideoPortSetRegistryParameters(Device, Below, Bytes, 11), NO_ERROR);
    CHECK_STATUS(Test, VideoPortSetRegistryParameters(Device, Forbidden, Bytes, 4), ERROR_INVALID_PARAMETER);
    CHECK_STATUS(Test, VideoPortFlushRegistry(Device), NO_ERROR);
    VideoPortZeroMemory(&Value, sizeof(Value));
    CHECK_STATUS(Test, VideoPortGetRegistryParameters(Device, Name, FALSE, LpTakeValue, &Value), NO_ERROR);
    CHECK_EQUAL(Test, Value.Calls, 1);
    CHECK_EQUAL(Test, Value.Length, sizeof(Bytes));
    CHECK_EQUAL(Test, LpFirstWrong(Value.Bytes, sizeof(Bytes), 9), sizeof(Bytes));
    VideoPortZeroMemory(&Value, sizeof(Value));
    CHECK_STATUS(Test, VideoPortGetRegistryParameters(Device, Below, FALSE, LpTakeValue, &Value), NO_ERROR);
    CHECK_EQUAL(Test, Value.Length, 11);
    VideoPortZeroMemory(&Value, sizeof(Value));
    CHECK_STATUS(Test, VideoPortGetRegistryParameters(Device, Missing, FALSE, LpTakeValue, &Value), ERROR_INVALID_PARAMETER);
    CHECK_EQUAL(Test, Value.Calls, 0);
    /* A callback that refuses makes the service refuse. */
    Value.Answer = ERROR_INVALID_PARAMETER;
    CHECK_STATUS(Test, VideoPortGetRegistryParameters(Device, Name, FALSE, LpTakeValue, &Value), ERROR_INVALID_PARAMETER);
    CHECK_EQUAL(Test, Value.Calls, 1);
    /* The value is no name of a file. */
    CHECK_STATUS(Test, VideoPortGetRegistryParameters(Device, Chip, TRUE, LpTakeValue, &Value), ERROR_INVALID_PARAMETER);
    /* What HwVidInitialize wrote. */
    VideoPortZeroMemory(&Value, sizeof(Value));
    CHECK_STATUS(Test, VideoPortGetRegistryParameters(Device, Chip, FALSE, LpTakeValue, &Value), NO_ERROR);
    CHECK_EQUAL(Test, Value.Bytes[0], 'L');
    CHECK_EQUAL(Test, LpReadParameter(Device, Memory, 0), Device->MemoryBytes);
}

const LP_TEST_ENTRY LpRegistryTests[] = {{"REG-01", LpRegistry}, {NULL, NULL}};
