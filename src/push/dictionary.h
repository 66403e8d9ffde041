// The zstd dictionary of a version: trained on a sample of the values that will be pushed.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "push/input.h"

namespace venice::push {

// Takes an equal share of sample bytes from the beginning of each file. When there is too little to train on (or
// nothing at all), the value schema's text serves as a dictionary, which any zstd accepts as raw content. Errors: those
// of reading the input.
Result<std::string> MakeDictionary(const PushSettings& settings, InputFormat format,
                                   const std::vector<InputFile>& files, const StoreSchemas& schemas);

}  // namespace venice::push
