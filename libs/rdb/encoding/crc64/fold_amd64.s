#include "textflag.h"

// func hasCLMUL() bool
TEXT ·hasCLMUL(SB), NOSPLIT, $0-1
	MOVL $1, AX
	XORL CX, CX
	CPUID
	SHRL $1, CX // leaf 1, ECX bit 1: PCLMULQDQ
	ANDL $1, CX
	MOVB CX, ret+0(FP)
	RET

// FOLD moves acc by the distance of the constants in k and adds what lies there: acc = acc.lo*k.lo + acc.hi*k.hi.
#define FOLD(acc, k, tmp) \
	MOVO      acc, tmp;      \
	PCLMULQDQ $0x00, k, acc; \
	PCLMULQDQ $0x11, k, tmp; \
	PXOR      tmp, acc

// func fold(p *byte, n int, crc uint64, k *[4]uint64, out *[16]byte)
// n is a multiple of 64 and at least 64.
TEXT ·fold(SB), NOSPLIT, $0-40
	MOVQ  p+0(FP), SI
	MOVQ  n+8(FP), CX
	MOVQ  crc+16(FP), X4
	MOVQ  k+24(FP), DX
	MOVQ  out+32(FP), DI
	MOVOU (SI), X0
	MOVOU 16(SI), X1
	MOVOU 32(SI), X2
	MOVOU 48(SI), X3
	PXOR  X4, X0
	MOVOU (DX), X8   // 512 bits ahead
	MOVOU 16(DX), X9 // 128 bits ahead
	JMP   next

loop:
	FOLD(X0, X8, X4)
	FOLD(X1, X8, X5)
	FOLD(X2, X8, X6)
	FOLD(X3, X8, X7)
	MOVOU (SI), X4
	MOVOU 16(SI), X5
	MOVOU 32(SI), X6
	MOVOU 48(SI), X7
	PXOR  X4, X0
	PXOR  X5, X1
	PXOR  X6, X2
	PXOR  X7, X3

next:
	ADDQ $64, SI
	SUBQ $64, CX
	JNZ  loop

	FOLD(X0, X9, X4)
	PXOR  X0, X1
	FOLD(X1, X9, X4)
	PXOR  X1, X2
	FOLD(X2, X9, X4)
	PXOR  X2, X3
	MOVOU X3, (DI)
	RET
