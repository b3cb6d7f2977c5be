// SPDX-License-Identifier: Apache-2.0
#include <shunt/framework/state_dump.hpp>

#include "runtime/call_context.hpp"
#include "runtime/reclaimer.hpp"

#include <boost/json.hpp>

namespace shunt {
namespace {

bool is_json(std::string_view text) {
  boost::system::error_code wrong;
  boost::json::parse_options options;
  options.max_depth = 64;
  (void)boost::json::parse(text, wrong, {}, options);
  return !wrong;
}

}  // namespace

StateDump dump_state(Instance& instance, std::size_t limit) {
  if (instance.dump == nullptr) return {{}, "this plugin does not show its state"};
  std::string text(limit, '\0');
  std::uint64_t length = 0;
  std::int32_t status = SHUNT_ERROR;
  std::string said;
  {
    const Reclaimer::Call running;
    const std::lock_guard lock(instance.serial_mutex);
    shunt_ctx ctx;
    ctx.begin(instance, kMayRetire);
    const CallMark mark(instance.mark(), PluginFunction::Dump);
    status = instance.dump->dump(instance.self(), &ctx, text.data(), text.size(), &length);
    said = ctx.error_text();
  }
  if (status != SHUNT_OK) return {{}, said.empty() ? "the plugin failed without giving a reason" : said};
  if (length > limit) return {{}, "the plugin claims to have written more than it had room for"};
  text.resize(length);
  if (!is_json(text)) return {{}, "what the plugin wrote is no JSON"};
  return {std::move(text), {}};
}

}  // namespace shunt
