// SPDX-License-Identifier: Apache-2.0
#include "case_log.hpp"

#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>
#include <boost/json/value_to.hpp>

#include "clean_text.hpp"
#include "process/descriptor_io.hpp"

namespace shunt::validate {

namespace json = boost::json;

namespace {

Finding finding_of(const json::value& from) {
  const auto word = [&](const char* key) { return json::value_to<std::string>(from.at(key)); };
  return {word("seen"), word("required"), word("source"), word("step")};
}

json::object object_of(const Finding& finding) {
  return {{"seen", finding.seen}, {"required", finding.required}, {"source", finding.source}, {"step", finding.step}};
}

}  // namespace

void CaseLog::send(std::string_view key, std::string_view text) {
  if (descriptor_ >= 0) process::write_whole(descriptor_, json::serialize(json::object{{key, text}}) + "\n");
}

void CaseLog::step(std::string_view text) {
  step_ = clean_text(text);
  send("step", step_);
}

void CaseLog::fail(std::string_view seen, std::string_view required, std::string_view source) {
  if (!rules_.emplace(required).second) return;
  const Finding finding{clean_text(seen), std::string(required), std::string(source), step_};
  if (descriptor_ >= 0) {
    process::write_whole(descriptor_, json::serialize(json::object{{"finding", object_of(finding)}}) + "\n");
  }
  result_.status = CaseStatus::Failed;
  result_.findings.push_back(finding);
}

void CaseLog::note(std::string_view text) {
  result_.notes.push_back(clean_text(text));
  send("note", result_.notes.back());
}

void CaseLog::skip(std::string_view why) {
  result_.status = CaseStatus::Skipped;
  result_.notes.push_back(clean_text(why));
  send("skip", result_.notes.back());
}

void CaseLog::blocked(std::string_view seen, bool cannot_load, std::string_view required, std::string_view source) {
  if (cannot_load) {
    send("cannot-load", "");
    result_.cannot_load = true;
  }
  fail(seen, required, source);
}

void CaseLog::parameters(std::string_view text) {
  result_.parameters = clean_text(text);
  send("parameters", result_.parameters);
}

void CaseLog::done() { send("done", ""); }

bool apply_line(std::string_view line, CaseResult& result, std::string& last_step, bool& is_done) {
  boost::system::error_code error;
  const json::value parsed = json::parse(line, error);
  if (error || !parsed.is_object() || parsed.as_object().size() != 1) return false;
  const auto& [key, value] = *parsed.as_object().begin();
  if (key == "finding") {
    result.status = CaseStatus::Failed;
    result.findings.push_back(finding_of(value));
    return true;
  }
  if (!value.is_string()) return false;
  const std::string text(value.as_string());
  if (key == "step") {
    last_step = text;
  } else if (key == "note") {
    result.notes.push_back(text);
  } else if (key == "skip") {
    result.status = CaseStatus::Skipped;
    result.notes.push_back(text);
  } else if (key == "cannot-load") {
    result.cannot_load = true;
  } else if (key == "parameters") {
    result.parameters = text;
  } else if (key == "fault") {
    result.status = CaseStatus::Failed;
    result.findings.push_back({text, std::string(kFaultRule), "shunt/abi/base.h", last_step});
  } else if (key == "done") {
    is_done = true;
  } else {
    return false;
  }
  return true;
}

}  // namespace shunt::validate
