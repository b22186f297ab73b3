/* pshpack2.h - structures from here on are packed to 2 byte(s), until poppack.h. No guard: meant to be included again. */
#pragma pack(push, 2)
