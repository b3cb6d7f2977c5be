// SPDX-License-Identifier: Apache-2.0
#include <shunt/sdk/scorer.hpp>

#include <array>
#include <cstring>

namespace {

using shunt::sdk::Column;
using shunt::sdk::Cycle;
using shunt::sdk::Init;
using shunt::sdk::Membership;
using shunt::sdk::SetSize;
using shunt::sdk::View;

class LoraAffinityScorer {
 public:
  SHUNT_PLUGIN("lora-affinity-scorer", "1.0.0",
               "Prefers endpoints that have the request's LoRA adapter, or room to load it")
  static constexpr std::string_view kReads[] = {"active_models", "waiting_models", "max_active_models"};

  explicit LoraAffinityScorer(Init& init)
      : is_active_(init.membership("active_models")),
        is_waiting_(init.membership("waiting_models")),
        active_(init.optional_column<SetSize>("active_models")),
        waiting_(init.optional_column<SetSize>("waiting_models")),
        capacity_(init.optional_column<double>("max_active_models")) {}

  void score(const Cycle&, View view, std::span<double> score) const {
    const Inputs in(*this, view);
    std::size_t i = 0;
#ifdef SHUNT_HAVE_AVX2
    if (shunt_has_avx2()) i = score_by_fours(in, score);
#endif
    for (; i < score.size(); ++i) score[i] = kLevels[in.level(i)].score;
  }

  void explain(const Cycle&, View view, std::string_view, std::span<shunt_str> reason) const {
    const Inputs in(*this, view);
    for (std::size_t i = 0; i < reason.size(); ++i) reason[i] = shunt::sdk::to_abi(kLevels[in.level(i)].reason);
  }

 private:
  struct Level {
    double score;
    std::string_view reason;
  };
  static constexpr std::array<Level, 4> kLevels{{{0.0, "adapter not here, no free slot"},
                                                 {0.6, "adapter waits to be loaded here"},
                                                 {0.8, "free adapter slot"},
                                                 {1.0, "adapter active"}}};

  // The columns of one call. An absent cell reads as zero: no adapters, no slots.
  struct Inputs {
    Inputs(const LoraAffinityScorer& it, View view)
        : is_active(it.is_active_(view).data()),
          is_waiting(it.is_waiting_(view).data()),
          active(it.active_(view).data()),
          waiting(it.waiting_(view).data()),
          capacity(it.capacity_(view).data()) {}

    std::size_t level(std::size_t row) const {
      if (is_active[row] != 0) return 3;
      if (active[row] + waiting[row] < capacity[row]) return 2;
      return is_waiting[row] != 0 ? 1 : 0;
    }

    const std::uint8_t* is_active;
    const std::uint8_t* is_waiting;
    const double* active;
    const double* waiting;
    const double* capacity;
  };

#ifdef SHUNT_HAVE_AVX2
  // All bits set where a flag is.
  SHUNT_AVX2 static __m256d flagged(std::int32_t four) {
    const __m256i wide = _mm256_cvtepu8_epi64(_mm_cvtsi32_si128(four));
    return _mm256_castsi256_pd(_mm256_cmpgt_epi64(wide, _mm256_setzero_si256()));
  }
  static std::int32_t four_flags(const std::uint8_t* flags) {
    std::int32_t four;
    std::memcpy(&four, flags, sizeof four);
    return four;
  }

  // The same levels, least important first; few endpoints have the adapter, so its flags are looked at four at a time.
  // Returns the first row that is left.
  SHUNT_AVX2 static std::size_t score_by_fours(const Inputs& in, std::span<double> score) {
    const __m256d free_slot = _mm256_set1_pd(kLevels[2].score);
    std::size_t i = 0;
    for (; i + 4 <= score.size(); i += 4) {
      const __m256d used = _mm256_add_pd(_mm256_loadu_pd(in.active + i), _mm256_loadu_pd(in.waiting + i));
      const __m256d free = _mm256_cmp_pd(used, _mm256_loadu_pd(in.capacity + i), _CMP_LT_OQ);
      __m256d level = _mm256_and_pd(free, free_slot);
      if (const std::int32_t waiting = four_flags(in.is_waiting + i); waiting != 0) {
        const __m256d queued = _mm256_and_pd(flagged(waiting), _mm256_set1_pd(kLevels[1].score));
        level = _mm256_blendv_pd(queued, level, free);
      }
      if (const std::int32_t active = four_flags(in.is_active + i); active != 0) {
        level = _mm256_blendv_pd(level, _mm256_set1_pd(kLevels[3].score), flagged(active));
      }
      _mm256_storeu_pd(score.data() + i, level);
    }
    return i;
  }
#endif

  Membership is_active_;
  Membership is_waiting_;
  Column<SetSize> active_;
  Column<SetSize> waiting_;
  Column<double> capacity_;
};

}  // namespace

SHUNT_LIBRARY(LoraAffinityScorer)
