// SPDX-License-Identifier: Apache-2.0
// Healthy plugins in C with one planted defect each: compiled with -DMUTANT=MUTANT_<name>, a name of mutants.txt.
#pragma once

#include <shunt/abi/abi.h>
#include <shunt/abi/manifest.h>
#include <stdlib.h>
#include <string.h>

#include "mutant_names.h"

#ifndef MUTANT
#define MUTANT MUTANT_healthy
#endif
#define IS(name) (MUTANT == MUTANT_##name)

static inline shunt_str text(const char* literal) { return (shunt_str){literal, strlen(literal)}; }
static inline int is_id(shunt_str id, const char* literal) {
  return id.len == strlen(literal) && memcmp(id.data, literal, id.len) == 0;
}

// Bytes up to a NUL, as who takes a text for a C string counts them. No strlen(): a compiler knows that one too well.
static inline uint64_t up_to_nul(shunt_str from) {
  const volatile char* at = from.data;
  while (*at != '\0') ++at;
  return (uint64_t)(at - from.data);
}

// Reads a number; a parameter of another type is refused with a text.
static inline int32_t number_parameter(const shunt_create_info* info, const char* pointer, double* number) {
  shunt_parameter parameter = {0};
  parameter.size = (uint32_t)sizeof parameter;
  const int32_t status = info->host->parameter(info->init, text(pointer), &parameter);
  if (status != SHUNT_OK || parameter.type == SHUNT_PARAMETER_ABSENT) return status;
  if (parameter.type != SHUNT_PARAMETER_NUMBER) {
    if (!IS(create_fails_without_text)) info->host->set_error(info->ctx, SHUNT_INVALID, text("a number is needed"));
    return SHUNT_INVALID;
  }
  *number = parameter.number;
  return SHUNT_OK;
}
