"""The addresses of the workspace."""

from __future__ import annotations

from django.urls import path

from concord.entrypoints.workspace.views import acting, charter, competence, lists, matter, session, tokens

app_name = "workspace"
urlpatterns = [
    path("", lists.today, name="today"),
    path("matters/", lists.matters, name="matters"),
    path("matters/<str:number>/", matter.matter, name="matter"),
    path("matters/<str:number>/acts/<str:name>/", acting.act, name="act"),
    path("m/<uuid:uid>/", matter.matter_by_uid, name="matter_by_uid"),
    path("begin/", acting.beginnings, name="beginnings"),
    path("begin/<str:procedure>/<str:name>/", acting.begin, name="begin"),
    path("papers/<uuid:uid>.<str:kind>", matter.paper, name="paper"),
    path("files/<uuid:uid>", matter.file, name="file"),
    path("cases/", lists.cases, name="cases"),
    path("cases/new/", lists.case_new, name="case_new"),
    path("cases/<uuid:uid>/", lists.case, name="case"),
    path("charter/", charter.overview, name="charter"),
    path("charter/procedures/", charter.procedures, name="charter_procedures"),
    path("charter/procedures/<str:name>/", charter.newest, name="charter_newest"),
    path("charter/procedures/<str:name>/<str:day>/", charter.procedure, name="charter_procedure"),
    path("charter/handbook.pdf", charter.handbook_file, name="charter_handbook"),
    path("competence/", competence.competence, name="competence"),
    path("directory/", lists.directory, name="directory"),
    path("notices/", lists.notices_page, name="notices"),
    path("journal/", lists.journal_page, name="journal"),
    path("tokens/", tokens.tokens, name="tokens"),
    path("tokens/<int:pk>/end/", tokens.token_end, name="token_end"),
    path("post/", session.post, name="post"),
    path("persona/", session.persona, name="persona"),
]
