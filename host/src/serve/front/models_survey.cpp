// SPDX-License-Identifier: Apache-2.0
#include "serve/front/models_survey.hpp"

#include "serve/front/models_question.hpp"

#include <algorithm>
#include <new>
#include <optional>
#include <utility>

namespace shunt::host::front {

// Stays while a method of it runs: whoever hears of its end may make the owner forget it.
class ModelSurveys::Survey final : public TimerWheel::Entry, public std::enable_shared_from_this<Survey> {
 public:
  Survey(ModelSurveys& owner, PoolModels pool, std::string_view credentials)
      : owner_(owner), pool_(std::move(pool)), credentials_(credentials) {
    questions_.resize(pool_.silent.size());
    answers_.resize(pool_.silent.size());
  }

  const std::string& credentials() const noexcept { return credentials_; }
  bool ended() const noexcept { return ended_; }
  bool fresh(std::int64_t now_ms) const noexcept {
    return !ended_ || now_ms - ended_ms_ < (page_ ? kFreshMs : kFailedMs);
  }
  const std::string* page() const noexcept { return page_ ? &*page_ : nullptr; }
  std::vector<ModelsWaiter*>& waiters() noexcept { return waiters_; }

  void begin() {
    owner_.wheel_.arm(*this, owner_.now_ms_, kSurveyMs);
    ask_more();
  }
  void stop() noexcept {
    waiters_.clear();
    questions_.clear();
    ended_ = true;
  }

 private:
  void ask_more() {
    while (next_ < questions_.size() && under_way_ < kAtOnce) {
      const std::size_t place = next_++;
      questions_[place] =
          std::make_unique<ModelsQuestion>(owner_.upstreams_, pool_.silent[place], credentials_, kAnswerBytes,
                                           [this, place](const std::string* body) { take(place, body); });
      ++under_way_;
      owner_.wheel_.arm(*questions_[place], owner_.now_ms_, kAnswerMs);
      questions_[place]->begin();
    }
  }

  void take(std::size_t place, const std::string* body) noexcept {
    const auto stays = shared_from_this();
    --under_way_;
    try {
      const bool good = body != nullptr && add_models(*body, answers_[place]);
      good_ += good ? 1 : 0;
      if (!ended_) ask_more();
    } catch (const std::bad_alloc&) {
      next_ = questions_.size();
    }
    if (under_way_ == 0 && !ended_) end();
  }

  void on_deadline() noexcept override {
    const auto stays = shared_from_this();
    end();
  }

  void end() noexcept {
    ended_ = true;
    ended_ms_ = owner_.now_ms_;
    TimerWheel::disarm(*this);
    try {
      // In the order of the pool, so that the same answers give the same page.
      ModelList all;
      for (ModelList& answer : answers_) all.merge(answer);
      all.merge(pool_.named);
      if (good_ != 0 || !all.empty()) page_ = models_page(all);
    } catch (const std::bad_alloc&) {
      page_.reset();
    }
    answers_.clear();
    questions_.clear();
    while (!waiters_.empty()) {
      ModelsWaiter* waiter = waiters_.back();
      waiters_.pop_back();
      waiter->on_models(page());
    }
  }

  ModelSurveys& owner_;
  PoolModels pool_;
  const std::string credentials_;
  std::vector<std::unique_ptr<ModelsQuestion>> questions_;
  std::vector<ModelList> answers_;  // by question
  std::size_t next_ = 0;
  std::size_t under_way_ = 0;
  std::size_t good_ = 0;
  bool ended_ = false;
  std::int64_t ended_ms_ = 0;
  std::optional<std::string> page_;
  std::vector<ModelsWaiter*> waiters_;
};

ModelSurveys::ModelSurveys(UpstreamPool& upstreams, TimerWheel& wheel, const std::int64_t& now_ms)
    : upstreams_(upstreams), wheel_(wheel), now_ms_(now_ms) {}

ModelSurveys::~ModelSurveys() = default;

void ModelSurveys::ask(const PoolPicture& pool, std::string_view credentials, ModelsWaiter& waiter) {
  PoolModels models = models_of(pool);
  if (models.silent.empty()) {
    const std::string page = models.named.empty() ? std::string() : models_page(models.named);
    return waiter.on_models(page.empty() ? nullptr : &page);
  }
  std::erase_if(surveys_, [this](const auto& survey) { return !survey->fresh(now_ms_); });
  const auto known =
      std::ranges::find_if(surveys_, [&](const auto& survey) { return survey->credentials() == credentials; });
  if (known != surveys_.end()) {
    const std::shared_ptr<Survey> survey = *known;
    if (survey->ended()) return waiter.on_models(survey->page());
    return survey->waiters().push_back(&waiter);
  }
  if (surveys_.size() >= kSurveys) {
    const auto old = std::ranges::find_if(surveys_, [](const auto& survey) { return survey->ended(); });
    if (old == surveys_.end()) return waiter.on_models(nullptr);
    surveys_.erase(old);
  }
  surveys_.push_back(std::make_shared<Survey>(*this, std::move(models), credentials));
  const std::shared_ptr<Survey> survey = surveys_.back();
  survey->waiters().push_back(&waiter);
  survey->begin();
}

void ModelSurveys::forget(const ModelsWaiter& waiter) noexcept {
  for (const auto& survey : surveys_) std::erase(survey->waiters(), &waiter);
}

void ModelSurveys::stop() noexcept {
  for (const auto& survey : surveys_) survey->stop();
  surveys_.clear();
}

}  // namespace shunt::host::front
